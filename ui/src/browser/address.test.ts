import { describe, expect, test } from 'vitest';
import { type Backend, Failure, type ObjectPage } from '../ipc/backend';
import { parentPrefix, readAddress } from './address';
import { find } from './find';

const here = { bucket: 'media', endpoint: 'tos-cn-beijing.volces.com' };
const place = (bucket: string, path: string, folder: boolean): object => ({ bucket, path, folder });

describe('an address', () => {
  test.each([
    ['tos://raw-2026/a/b/', place('raw-2026', 'a/b/', true)],
    ['  tos://raw-2026  ', place('raw-2026', '', true)],
    ['TOS://raw-2026/报告 2.txt', place('raw-2026', '报告 2.txt', false)],
    ['tos://raw-2026//odd', place('raw-2026', '/odd', false)],
    ['a/b', place('media', 'a/b', false)],
    ['/a/b/', place('media', 'a/b/', true)],
    ['https://raw-2026.tos-cn-beijing.volces.com/a/%E6%8A%A5%20+1.txt?X-Tos-Signature=1', place('raw-2026', 'a/报 +1.txt', false)],
    ['https://raw-2026.tos-cn-shanghai.ivolces.com/', place('raw-2026', '', true)],
    ['https://tos-cn-beijing.volces.com/raw-2026/a/', place('raw-2026', 'a/', true)],
    ['', 'empty'],
    ['tos://No/such', 'not_bucket'],
    ['tos:///a', 'not_bucket'],
    ['https://example.com/raw-2026/a', 'not_tos'],
    ['https://raw.tos-cn-beijing.volces.com.evil.example/a', 'not_tos'],
    ['https://raw-2026.tos-cn-beijing.volces.com/%E6%8', 'not_tos'],
    ['s3://bucket/key', 'not_tos'],
    ['https://', 'not_tos'],
  ])('“%s” is %o', (text, expected) => expect(readAddress(text, here)).toEqual(expected));

  test('of the endpoint in use is understood in both ways', () => {
    const practice = { bucket: 'x', endpoint: 'http://127.0.0.1:9000' };
    expect(readAddress('http://127.0.0.1:9000/practice/a.txt', practice)).toEqual(place('practice', 'a.txt', false));
    const own = { bucket: 'x', endpoint: 'oss.example.org' };
    expect(readAddress('https://data-1.oss.example.org/a/', own)).toEqual(place('data-1', 'a/', true));
  });

  test.each([
    ['a/b/c', 'a/b/'],
    ['a/b/', 'a/'],
    ['a/', ''],
    ['a', ''],
    ['a//', 'a/'],
  ])('the parent of %s is “%s”', (path, parent) => expect(parentPrefix(path)).toBe(parent));
});

describe('where an address leads', () => {
  const answers = (page: ObjectPage | string): Pick<Backend, 'listObjects'> => ({
    listObjects: () =>
      typeof page === 'string' ? Promise.reject(new Failure({ code: page, params: {}, retryable: false })) : Promise.resolve(page),
  });
  const rows = (...keys: string[]): ObjectPage => ({
    rows: keys.map((key) => ({ key, name: key, folder: key.endsWith('/'), size_bytes: 0, modified_ms: null, storage_class: null })),
    next: null,
  });
  const path = { bucket: 'b', path: 'raw/2026', folder: false };

  test.each([
    ['a folder, if there is one', rows('raw/2026-old/', 'raw/2026/'), { bucket: 'b', prefix: 'raw/2026/', key: null }],
    ['an object, if there is one', rows('raw/2026', 'raw/2026.txt'), { bucket: 'b', prefix: 'raw/', key: 'raw/2026' }],
    ['an empty folder, if there is neither', rows('raw/2026.txt'), { bucket: 'b', prefix: 'raw/2026/', key: null }],
    ['an object, where nothing may be listed', 'forbidden', { bucket: 'b', prefix: 'raw/', key: 'raw/2026' }],
  ])('to %s', async (_what, page, expected) => expect(await find(answers(page), path)).toEqual(expected));

  test('is not asked for a folder, and another refusal is passed on', async () => {
    expect(await find(answers('network'), { bucket: 'b', path: 'a/', folder: true })).toEqual({ bucket: 'b', prefix: 'a/', key: null });
    await expect(find(answers('bucket_not_found'), path)).rejects.toThrow('bucket_not_found');
  });
});
