import { expect, test, vi } from 'vitest';
import type { Backend, FailedGroups, FailedPage } from '../ipc/backend';
import { Failures } from './failures.svelte';

/** A backend that answers when it is told to. */
function slowly(): { backend: Backend; answer: (count: number) => void; asked: () => number } {
  const waiting: ((groups: FailedGroups) => void)[] = [];
  let asked = 0;
  const failedGroups = (): Promise<FailedGroups> =>
    new Promise((resolve) => {
      asked += 1;
      waiting.push(resolve);
    });
  const failedRows = (): Promise<FailedPage> => Promise.resolve({ revision: 1, total: 0, rows: [], next: null });
  const answer = (count: number): void =>
    waiting.shift()?.({ revision: count, total: count, groups: [{ code: 'forbidden', count, store_code: null, needs: null, downloads: false }] });
  return { backend: { failedGroups, failedRows } as unknown as Backend, answer, asked: () => asked };
}

test('what changes while an answer is on its way is read behind it', async () => {
  const { backend, answer, asked } = slowly();
  const failures = new Failures(backend);
  const first = failures.pull();
  // More has failed since the question was put, and that is told twice.
  await Promise.all([failures.pull(), failures.pull()]);
  expect(asked()).toBe(1);
  answer(1);
  await expect.poll(asked).toBe(2);
  expect(failures.total).toBe(1);
  answer(3);
  await first;
  expect(failures.total).toBe(3);
  expect(failures.groups[0]?.count).toBe(3);
  expect(asked()).toBe(2);
});

test('a cause that is opened while an answer is on its way is filled behind it', async () => {
  const { backend, answer, asked } = slowly();
  const failures = new Failures(backend);
  const rows = vi.spyOn(backend, 'failedRows');
  const first = failures.pull();
  await failures.toggle('forbidden');
  expect(rows).not.toHaveBeenCalled();
  answer(1);
  // What was under way may have missed it: it is read once more.
  await expect.poll(asked).toBe(2);
  answer(2);
  await first;
  expect(rows.mock.calls.map(([code]) => code)).toContain('forbidden');
});
