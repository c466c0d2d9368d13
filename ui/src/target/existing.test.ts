import { describe, expect, test } from 'vitest';
import type { ObjectPage } from '../ipc/backend';
import { asPrefix, existingNames, MAX_PROBES } from './existing';

function store(keys: string[], page = 200): { asked: number; listObjects: (bucket: string, prefix: string) => Promise<ObjectPage> } {
  const self = {
    asked: 0,
    listObjects: (_bucket: string, prefix: string): Promise<ObjectPage> => {
      self.asked += 1;
      const found = keys.filter((key) => key.startsWith(prefix)).sort();
      const rows = found.slice(0, page).map((key) => ({
        key,
        name: key,
        folder: key.endsWith('/'),
        size_bytes: 1,
        modified_ms: null,
        storage_class: null,
      }));
      return Promise.resolve({ rows, next: found.length > page ? 'more' : null });
    },
  };
  return self;
}

describe('names that are taken', () => {
  test('one listing is enough where a folder fits on a page', async () => {
    const there = store(['raw/a.mov', 'raw/b.mov']);
    expect(await existingNames(there, 'media', 'raw/', ['b.mov', 'c.mov'])).toEqual(['b.mov']);
    expect(there.asked).toBe(1);
  });

  test('in a long folder each name is asked for, and a longer name is not mistaken for it', async () => {
    const many = Array.from({ length: 500 }, (_, i) => `raw/${i}.mov`);
    const there = store([...many, 'raw/z.mov.bak', 'raw/499.mov/inner'], 200);
    expect(await existingNames(there, 'media', 'raw/', ['z.mov', '7.mov'])).toEqual(['7.mov']);
  });

  test('where it would cost too many requests, it is not known', async () => {
    const there = store(Array.from({ length: 500 }, (_, i) => `raw/${i}.mov`));
    const names = Array.from({ length: MAX_PROBES + 1 }, (_, i) => `n${i}`);
    expect(await existingNames(there, 'media', 'raw/', names)).toBeNull();
    expect(there.asked).toBe(1);
  });

  test('a folder of that name does not take the name', async () => {
    expect(await existingNames(store(['raw/']), 'media', '', ['raw'])).toEqual([]);
  });

  test.each([
    ['', ''],
    ['raw/2026', 'raw/2026/'],
    ['/raw/', 'raw/'],
    [' raw ', 'raw/'],
  ])('the folder “%s” is the prefix “%s”', (typed, prefix) => expect(asPrefix(typed)).toBe(prefix));
});
