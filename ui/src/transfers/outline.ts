/**
 * Where things stand in the list of what has failed: heads of causes, rows, the answer below an open row, and a line that
 * asks for more. Heights are fixed for each kind, so any place is found without measuring, and only what is in view is
 * ever an element.
 */
import type { FailedGroup, FailedRow } from '../ipc/backend';

export const HEAD = 63;
export const ROW = 32;
export const ANSWER = 154;

export type Item =
  | { kind: 'group'; key: string; top: number; height: number; group: FailedGroup; open: boolean }
  | { kind: 'row'; key: string; top: number; height: number; code: string; row: FailedRow; open: boolean }
  | { kind: 'answer'; key: string; top: number; height: number; code: string; row: FailedRow }
  | { kind: 'more'; key: string; top: number; height: number; code: string; left: number };

interface Known {
  rows: readonly FailedRow[];
  next: number | null;
}

export interface Outline {
  /** How high all of it is. */
  height: number;
  /** How many things the keys walk over. */
  stops: number;
  /** What is between two heights. */
  between: (from: number, to: number) => Item[];
  /** The nth thing that the keys stop at: heads, rows and lines that ask for more. */
  stop: (index: number) => Item | null;
  indexOf: (key: string) => number;
}

interface Section {
  group: FailedGroup;
  top: number;
  height: number;
  first: number;
  rows: readonly FailedRow[];
  /** The place of the open row, or -1. */
  opened: number;
  left: number;
  open: boolean;
}

export function outlineOf(groups: readonly FailedGroup[], open: ReadonlyMap<string, Known>, opened: number | null): Outline {
  const sections: Section[] = [];
  let top = 0;
  let stops = 0;
  for (const group of groups) {
    const known = open.get(group.code);
    const rows = known?.rows ?? [];
    const at = opened === null ? -1 : rows.findIndex((row) => row.id === opened);
    const left = known?.next == null ? 0 : Math.max(1, group.count - rows.length);
    const height = HEAD + rows.length * ROW + (at >= 0 ? ANSWER : 0) + (left > 0 ? ROW : 0);
    sections.push({ group, top, height, first: stops, rows, opened: at, left, open: known !== undefined });
    top += height;
    stops += 1 + rows.length + (left > 0 ? 1 : 0);
  }

  function head(section: Section): Item {
    return { kind: 'group', key: `g-${section.group.code}`, top: section.top, height: HEAD, group: section.group, open: section.open };
  }

  function row(section: Section, at: number): Item | null {
    const one = section.rows[at];
    if (!one) return null;
    const below = section.opened >= 0 && at > section.opened ? ANSWER : 0;
    return {
      kind: 'row',
      key: `r-${one.id}`,
      top: section.top + HEAD + at * ROW + below,
      height: ROW,
      code: section.group.code,
      row: one,
      open: at === section.opened,
    };
  }

  function more(section: Section): Item | null {
    if (section.left === 0) return null;
    return { kind: 'more', key: `m-${section.group.code}`, top: section.top + section.height - ROW, height: ROW, code: section.group.code, left: section.left };
  }

  function between(from: number, to: number): Item[] {
    const items: Item[] = [];
    for (const section of sections) {
      if (section.top + section.height <= from) continue;
      if (section.top >= to) break;
      if (section.top + HEAD > from) items.push(head(section));
      const start = section.top + HEAD;
      const first = Math.max(0, Math.floor((from - start - ANSWER) / ROW));
      for (let at = first; at < section.rows.length; at += 1) {
        const item = row(section, at);
        if (!item || item.top >= to) break;
        if (item.top + item.height > from) items.push(item);
        if (item.kind !== 'row' || !item.open) continue;
        const answer: Item = { kind: 'answer', key: `a-${item.row.id}`, top: item.top + ROW, height: ANSWER, code: item.code, row: item.row };
        if (answer.top < to && answer.top + answer.height > from) items.push(answer);
      }
      const last = more(section);
      if (last && last.top < to && last.top + last.height > from) items.push(last);
    }
    return items;
  }

  function stop(index: number): Item | null {
    const section = sections.findLast((one) => one.first <= index);
    if (!section || index < 0) return null;
    const at = index - section.first - 1;
    return at < 0 ? head(section) : (row(section, at) ?? (at === section.rows.length ? more(section) : null));
  }

  function indexOf(key: string): number {
    for (const section of sections) {
      if (key === `g-${section.group.code}`) return section.first;
      if (key === `m-${section.group.code}`) return section.left > 0 ? section.first + 1 + section.rows.length : section.first;
      const at = section.rows.findIndex((one) => key === `r-${one.id}`);
      if (at >= 0) return section.first + 1 + at;
    }
    return -1;
  }

  return { height: top, stops, between, stop, indexOf };
}
