/**
 * When what waits is expected to start, said so that it can be read: an estimate trembles with the speed, its words must
 * not. What is said stays until the estimate has clearly left it, and for half a second at least.
 */
import { startTime } from '../format/time';
import type { TransferRow } from '../ipc/backend';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Words stay for so long. */
const STAYS_MS = 500;
/** Remembered at most; the rows of a screen are far fewer. */
const KEPT_MAX = 400;

/** How exactly it can be told: the further off, the coarser. */
function stepAt(awayMs: number): number {
  if (awayMs < 10 * MINUTE) return MINUTE;
  if (awayMs < HOUR) return 5 * MINUTE;
  return awayMs < 24 * HOUR ? 15 * MINUTE : HOUR;
}

interface Said {
  atMs: number;
  sinceMs: number;
}

export class Starts {
  #said = new Map<number, Said>();

  /** Empty for what does not wait, and where it cannot be told. */
  wordsOf({ id, state, starts_in_s }: TransferRow, now: number): string {
    if (state !== 'waiting' || starts_in_s === null) {
      this.#said.delete(id);
      return '';
    }
    const before = this.#said.get(id);
    const expected = now + starts_in_s * SECOND;
    const step = stepAt(expected - now);
    // Rounding turns at half a step: what is said holds for a quarter more.
    const holds = before !== undefined && (Math.abs(expected - before.atMs) <= 0.75 * step || now - before.sinceMs < STAYS_MS);
    const said = holds ? before : { atMs: Math.round(expected / step) * step, sinceMs: now };
    if (!before && this.#said.size >= KEPT_MAX) this.#said.clear();
    this.#said.set(id, said);
    return startTime(said.atMs, now);
  }
}
