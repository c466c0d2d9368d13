/** The last minute of speed: samples of what was pulled, never invented between two. */
export interface Sample {
  at: number;
  speed: number;
  limit: number | null;
}

export const SPAN_MS = 60_000;
/** A gap longer than this is drawn as one: nothing was measured. */
export const GAP_MS = 3_000;

export function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  const from = sample.at - SPAN_MS - GAP_MS;
  return [...samples.filter((one) => one.at >= from), sample];
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
  return samples.length === 0 ? 0 : samples.reduce((sum, one) => sum + one.speed, 0) / samples.length;
}
