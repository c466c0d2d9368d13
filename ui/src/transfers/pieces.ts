/** The map of parts as cells: what each shows, what the legend counts, and where a cell is drawn. */
export type Kind = 'wait' | 'live' | 'sent' | 'again' | 'verified' | 'failed';

export interface Cell {
  kind: Kind;
  /** How much of it has moved, 0 to 1; for `live`. */
  fill: number;
  /** The parts that it stands for, from 0, `end` excluded. */
  first: number;
  end: number;
}

/** More parts than this are drawn as groups. */
export const MAX_CELLS = 2_000;
export const CELL = 8;
export const GAP = 1;

const KIND_OF: Readonly<Record<string, Kind>> = {
  '.': 'wait',
  '~': 'live',
  '#': 'sent',
  r: 'again',
  v: 'verified',
  x: 'failed',
};

/** In a group the worst state wins, so that a fault in a million parts can be seen. */
const WORST_FIRST: readonly Kind[] = ['failed', 'again', 'live', 'wait', 'sent', 'verified'];

export function kindOf(code: string): Kind {
  return KIND_OF[code] ?? 'wait';
}

export function cellsOf(parts: string, live: readonly number[], limit = MAX_CELLS): Cell[] {
  const perCell = Math.max(1, Math.ceil(parts.length / limit));
  const cells: Cell[] = [];
  let lives = 0;
  for (let first = 0; first < parts.length; first += perCell) {
    const end = Math.min(parts.length, first + perCell);
    let kind: Kind | null = null;
    let filled = 0;
    for (let at = first; at < end; at += 1) {
      const here = kindOf(parts.charAt(at));
      if (here === 'live') filled += live[lives++] ?? 0;
      else if (here !== 'wait' && here !== 'failed') filled += 1;
      if (kind === null || WORST_FIRST.indexOf(here) < WORST_FIRST.indexOf(kind)) kind = here;
    }
    cells.push({ kind: kind ?? 'wait', fill: filled / (end - first), first, end });
  }
  return cells;
}

export function countKinds(parts: string): Record<Kind, number> {
  const counts: Record<Kind, number> = { wait: 0, live: 0, sent: 0, again: 0, verified: 0, failed: 0 };
  for (const code of parts) counts[kindOf(code)] += 1;
  return counts;
}

export function columnsFor(width: number): number {
  return Math.max(1, Math.floor((width + GAP) / (CELL + GAP)));
}

export function heightFor(cells: number, columns: number): number {
  return Math.max(1, Math.ceil(cells / columns)) * (CELL + GAP) - GAP;
}

/** Whether a cell must be drawn again: its shape or its fill, in whole pixels, is not what is there. */
export function differs(drawn: Cell | undefined, cell: Cell): boolean {
  if (!drawn || drawn.kind !== cell.kind) return true;
  return cell.kind === 'live' && fillPixels(drawn) !== fillPixels(cell);
}

export function fillPixels(cell: Cell): number {
  return Math.round((CELL - 2) * Math.min(1, Math.max(0, cell.fill)));
}
