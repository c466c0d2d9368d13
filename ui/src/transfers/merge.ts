/**
 * Keeps a page of the list still while the user is at it.
 *
 * Rust answers with the true order. While the pointer or the keys are on the list, rows stay where they are: values
 * change in place, what left the view stays dimmed, and what is new waits, unless it comes after everything shown.
 */
import type { TransferRow } from '../ipc/backend';

export interface Shown {
  row: TransferRow;
  /** It is no longer in this list. */
  gone: boolean;
}

export interface Merged {
  rows: Shown[];
  /** New rows that wait until the list may move. */
  held: number;
}

export function merge(shown: readonly Shown[], fresh: readonly TransferRow[], frozen: boolean, room: number): Merged {
  if (!frozen || shown.length === 0) return { rows: fresh.map((row) => ({ row, gone: false })), held: 0 };
  const byId = new Map(fresh.map((row) => [row.id, row]));
  const rows = shown.map(({ row }): Shown => {
    const now = byId.get(row.id);
    return now ? { row: now, gone: false } : { row, gone: true };
  });
  const known = new Set(shown.map(({ row }) => row.id));
  let lastKnown = -1;
  for (const [index, row] of fresh.entries()) if (known.has(row.id)) lastKnown = index;
  const after = fresh.slice(lastKnown + 1).filter((row) => !known.has(row.id));
  const before = fresh.slice(0, lastKnown + 1).filter((row) => !known.has(row.id)).length;
  const appended = after.slice(0, Math.max(0, room - rows.length));
  return { rows: [...rows, ...appended.map((row) => ({ row, gone: false }))], held: before };
}
