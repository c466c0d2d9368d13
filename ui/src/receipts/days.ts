/** The history by day: headings of one height and rows of another, and which of them are in view. */
import type { TransferRow } from '../ipc/backend';

export const HEADING_PX = 28;
export const ROW_PX = 52;

export type Line = { kind: 'day'; sinceMs: number; untilMs: number } | { kind: 'row'; index: number };

/** The first moment of the day of a moment, by the clock of this place. */
export function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** The first moment of the next day: not always 24 hours later. */
export function nextDay(sinceMs: number): number {
  const day = new Date(sinceMs);
  day.setDate(day.getDate() + 1);
  return day.getTime();
}

/** Rows, newest first, with a heading before the first of each day. */
export function linesOf(rows: readonly TransferRow[]): Line[] {
  const lines: Line[] = [];
  let day = Number.NaN;
  for (const [index, row] of rows.entries()) {
    const sinceMs = startOfDay(row.ended_ms ?? 0);
    if (sinceMs !== day) {
      day = sinceMs;
      lines.push({ kind: 'day', sinceMs, untilMs: nextDay(sinceMs) });
    }
    lines.push({ kind: 'row', index });
  }
  return lines;
}

/** Where each line begins, and after the last one the height of all. */
export function topsOf(lines: readonly Line[]): number[] {
  const tops = [0];
  let top = 0;
  for (const line of lines) {
    top += line.kind === 'day' ? HEADING_PX : ROW_PX;
    tops.push(top);
  }
  return tops;
}

/** The line at a height: the last one that begins at or above it. */
export function lineAt(tops: readonly number[], y: number): number {
  let low = 0;
  let high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tops[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}
