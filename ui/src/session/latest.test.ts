import { afterEach, expect, test, vi } from 'vitest';
import { LatestSender, SEND_EVERY_MS } from './latest';

afterEach(() => void vi.useRealTimers());

test('the first goes at once, those between are left out, the last always goes', () => {
  vi.useFakeTimers();
  const sent: (number | null)[] = [];
  const sender = new LatestSender<number | null>((value) => sent.push(value));
  for (let i = 1; i <= 10; i += 1) sender.send(i);
  expect(sent).toEqual([1]);
  vi.advanceTimersByTime(SEND_EVERY_MS);
  expect(sent).toEqual([1, 10]);
  vi.advanceTimersByTime(10 * SEND_EVERY_MS);
  expect(sent).toEqual([1, 10]);
  sender.send(null);
  expect(sent).toEqual([1, 10, null]);
});

test('what waits is sent when the popover closes, and only once', () => {
  vi.useFakeTimers();
  const sent: (number | null)[] = [];
  const sender = new LatestSender<number | null>((value) => sent.push(value));
  sender.send(1);
  sender.send(null);
  sender.flush();
  expect(sent).toEqual([1, null]);
  vi.advanceTimersByTime(SEND_EVERY_MS);
  expect(sent).toEqual([1, null]);
});
