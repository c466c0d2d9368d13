/** What happened to transfers of the mock: the same every time, with a sleep, a limit and parts sent again on the way. */
import type { PaperMark, PaperRow, PaperTimeline } from '../receipts';
import { decimalOf } from './random';

const SLICES = 120;
const AXIS = 10_000;
/** What worked no longer has none, as in Rust. */
const WORTH_MS = 1_000;
const MIB = 1024 ** 2;

export function timelineOf(rows: readonly PaperRow[]): PaperTimeline | null {
  const long = rows.filter((row) => row.busy_ms >= WORTH_MS);
  if (long.length === 0) return null;
  const began_ms = Math.min(...long.map((row) => row.planned_ms ?? Infinity));
  const ended_ms = Math.max(...long.map((row) => row.ended_ms ?? -Infinity));
  const bytes = long.reduce((sum, row) => sum + row.size_bytes, 0);
  const mean = (bytes * 1_000) / Math.max(1, long.reduce((sum, row) => sum + row.busy_ms, 0));
  const seed = BigInt(decimalOf(rows.map((row) => row.name).join()));
  const noise = (at: number): number => Number((seed >> BigInt((at * 7) % 48)) & 0xfn) / 15;
  const asleep = { from: 42, until: 45 };
  const limited = Math.max(MIB, Math.round((mean * 0.8) / MIB) * MIB);
  const limitFrom = 62;
  const place = (slice: number): number => Math.round((slice * AXIS) / SLICES);
  const at = (slice: number): number => Math.round(began_ms + ((ended_ms - began_ms) * slice) / SLICES);
  const speeds = Array.from({ length: SLICES }, (_, slice) => {
    if (slice >= asleep.from && slice < asleep.until) return 0;
    return Math.round(slice >= limitFrom ? Math.min(limited, mean) : mean * (1.05 + 0.2 * noise(slice)));
  });
  const marks: PaperMark[] = [
    { what: { kind: 'asleep' }, begin_ms: at(asleep.from), lasted_ms: at(asleep.until) - at(asleep.from), from: place(asleep.from), until: place(asleep.until) },
    { what: { kind: 'limit', from: null, to: limited }, begin_ms: at(limitFrom), lasted_ms: 0, from: place(limitFrom), until: place(limitFrom) },
  ];
  const parts = rows.reduce((sum, row) => sum + row.parts_again, 0);
  if (parts > 0) marks.push({ what: { kind: 'sent_again', parts }, begin_ms: at(76), lasted_ms: 0, from: place(76), until: place(76) });
  const limits = speeds.map((_, slice) => (slice >= limitFrom ? limited : null));
  return { began_ms, ended_ms, speeds, limits, marks };
}
