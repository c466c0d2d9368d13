/** What the graph of speed shows: which samples, on which scale, and what can honestly be said of them. */

/** What was measured, never invented between two: one look, or the mean of several that lie one behind the other. */
export interface Sample {
  /** When the first look was. */
  from: number;
  /** When the last one was. */
  at: number;
  /** How many. */
  looks: number;
  speed: number;
  limit: number | null;
}

export type Range = 'minute' | 'ten' | 'all';
export const RANGES: readonly Range[] = ['minute', 'ten', 'all'];

export const MINUTE_MS = 60_000;
export const TEN_MS = 10 * MINUTE_MS;
/** A gap longer than this is drawn as one: nothing was measured. */
export const GAP_MS = 3_000;
/** As much of the graph as a first second would fill it with would look like a history. */
const LEAST_MS = 10_000;

export function sampleOf(at: number, speed: number, limit: number | null): Sample {
  return { from: at, at, looks: 1, speed, limit };
}

/** Where the graph begins on the left. */
export function beginOf(range: Range, samples: readonly Sample[], now: number): number {
  if (range === 'minute') return now - MINUTE_MS;
  if (range === 'ten') return now - TEN_MS;
  return Math.min(samples[0]?.from ?? now, now - LEAST_MS);
}

/** Since when this transfer was seen, where that is later than the range begins; null where all of the range was. */
export function seenSince(range: Range, samples: readonly Sample[], now: number): number | null {
  const first = samples[0]?.from;
  if (first === undefined) return null;
  return range === 'all' || first > beginOf(range, samples, now) + GAP_MS ? first : null;
}

/** Those without a gap between them, which a line may join. */
export function runs(samples: readonly Sample[]): Sample[][] {
  const out: Sample[][] = [];
  for (const one of samples) {
    const run = out.at(-1);
    const last = run?.at(-1);
    if (run && last && one.from - last.at <= GAP_MS) run.push(one);
    else out.push([one]);
  }
  return out;
}

/** The top of the scale: the next of 1, 2, 4, 8 × 2^n (a power of two) above the highest value. */
export function scaleTop(highest: number): number {
  return 2 ** Math.max(10, Math.ceil(Math.log2(Math.max(1, highest * 1.02))));
}

/** The scale for these samples. A limit far above the speed is left out of it: it would flatten the line. */
export function scaleFor(samples: readonly Sample[]): number {
  const highest = samples.reduce((top, one) => Math.max(top, one.speed), 0);
  const limit = samples.reduce((top, one) => Math.max(top, one.limit ?? 0), 0);
  return scaleTop(limit <= highest * 4 ? Math.max(highest, limit) : highest);
}

export function mean(samples: readonly Sample[]): number {
  const looks = samples.reduce((sum, one) => sum + one.looks, 0);
  return looks === 0 ? 0 : samples.reduce((sum, one) => sum + one.speed * one.looks, 0) / looks;
}
