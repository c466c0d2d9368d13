/** What the graph of speed shows, as rows that can be read: means over round steps of the clock, the newest first. */
import { GAP_MS, mean, MINUTE_MS, type Sample } from './graph';

/** Whoever reads or hears them goes through them one by one: a dozen, and those that the range cuts at its ends. */
export const ROWS_MAX = 14;

const STEPS_MS: readonly number[] = [5_000, 10_000, 15_000, 30_000, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS];

export interface SpeedRow {
  /** When the step begins. */
  at: number;
  /** The mean of it; `null` if nobody looked. */
  speed: number | null;
  /** The limit that was seen last in it; `null` if there was none. */
  limit: number | null;
}

/** The round step by which a span has a dozen rows at most. */
export function stepFor(spanMs: number): number {
  let step = STEPS_MS.find((one) => spanMs / one <= 12);
  // Days: as many hours as it takes.
  for (let hours = 2; step === undefined; hours *= 2) if (spanMs / (hours * 60 * MINUTE_MS) <= 12) step = hours * 60 * MINUTE_MS;
  return step;
}

/** From where samples begin to now, the newest first. Steps are those of the clock, so a row stays the same row. */
export function rowsOf(samples: readonly Sample[], begin: number, now: number): { stepMs: number; rows: SpeedRow[] } {
  const stepMs = stepFor(now - begin);
  const step = (at: number): number => Math.floor(at / stepMs);
  const within = new Map<number, Sample[]>();
  for (const one of samples) {
    if (one.at < begin || one.at > now) continue;
    // A mean that began before the range is drawn from where the range begins.
    const at = step(Math.max(one.from, begin));
    within.set(at, [...(within.get(at) ?? []), one]);
  }
  const first = within.size > 0 ? Math.min(...within.keys()) : step(begin);
  const rows: SpeedRow[] = [];
  // A step that has just begun was not missed: nobody had the time to look.
  const last = within.has(step(now)) ? step(now) : step(now - GAP_MS);
  for (let at = last; at >= first && rows.length < ROWS_MAX; at -= 1) {
    const of = within.get(at);
    rows.push({ at: at * stepMs, speed: of ? mean(of) : null, limit: of?.at(-1)?.limit ?? null });
  }
  return { stepMs, rows };
}
