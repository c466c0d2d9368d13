/**
 * A slider whose travel is logarithmic: from 64 KiB to 1 GiB, a factor of 4 for each seventh of it.
 *
 * Values are plain numbers; null means that there is no limit and stands at the far end, 0 stands at the near one.
 */
export const MIN = 64 * 1024;
export const MAX = 1024 ** 3;
const SPAN = Math.log(MAX / MIN);

/** The marks below the track. */
export const MARKS: readonly number[] = [0, 1, 2, 3, 4, 5, 6].map((power) => MIN * 4 ** power);

/** Where a value stands, 0 to 1. */
export function positionOf(value: number | null): number {
  if (value === null) return 1;
  if (value <= 0) return 0;
  return Math.min(1, Math.max(0, Math.log(value / MIN) / SPAN));
}

/** The value at a place, to two significant figures in its unit, so that the text is short. */
export function valueAt(position: number): number {
  if (position <= 0) return MIN;
  if (position >= 1) return MAX;
  return rounded(MIN * Math.exp(SPAN * position));
}

/** The value at a place, held by a mark that is within `reach` of it. */
export function snapped(position: number, reach: number): number {
  for (const mark of MARKS) if (Math.abs(positionOf(mark) - position) <= reach) return mark;
  return valueAt(position);
}

/** Multiplied, and kept inside the ends. */
export function stepped(value: number | null, factor: number): number {
  return Math.min(MAX, Math.max(MIN, rounded((value ?? MAX) * factor, 3)));
}

function rounded(value: number, figures = 2): number {
  const unit = value >= MAX ? MAX : value >= 1024 ** 2 ? 1024 ** 2 : 1024;
  return Math.round(Number((value / unit).toPrecision(figures)) * unit);
}
