import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Pulse } from '../ipc/backend';
import { Live } from './live.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function send(live: Live, revision: number): void {
  const pulse: Pulse = { ...live.pulse, revision };
  live.receive({ type: 'pulse', pulse });
}

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

test('a pulse is shown when what is pulled with it has come, and at once where nothing is', async () => {
  const live = new Live();
  send(live, 1);
  expect(live.pulse.revision).toBe(1);
  let come = (): void => undefined;
  const asked: number[] = [];
  const stop = live.onPulse((revision) => {
    asked.push(revision);
    return new Promise((done) => (come = done));
  });
  send(live, 2);
  await settle();
  expect(asked).toEqual([2]);
  expect(live.pulse.revision).toBe(1);
  come();
  await settle();
  expect(live.pulse.revision).toBe(2);
  stop();
  send(live, 3);
  expect(live.pulse.revision).toBe(3);
});

test('what is slow to come or fails holds up no pulse, and none is shown after a later one', async () => {
  const live = new Live();
  const answers: (() => void)[] = [];
  live.onPulse((revision) => (revision === 1 ? Promise.reject(new Error('no')) : new Promise((done) => answers.push(done))));
  send(live, 1);
  await settle();
  expect(live.pulse.revision).toBe(1);
  send(live, 2);
  await vi.advanceTimersByTimeAsync(99);
  expect(live.pulse.revision).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(live.pulse.revision).toBe(2);
  send(live, 3);
  send(live, 3);
  live.receive({ type: 'pulse', pulse: { ...live.pulse, revision: 3, left_bytes: 7 } });
  answers[3]?.();
  await settle();
  expect(live.pulse.left_bytes).toBe(7);
  answers[1]?.();
  answers[2]?.();
  await vi.advanceTimersByTimeAsync(200);
  expect(live.pulse.left_bytes).toBe(7);
});
