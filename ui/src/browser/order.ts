/** Which rows are shown and in what order: worked out over what is loaded, since TOS lists by key only. */
import type { Rows } from './rows';

export type SortBy = 'name' | 'size' | 'class' | 'modified';

export interface Order {
  by: SortBy;
  descending: boolean;
  /** Part of a name, in any case; empty for all. */
  filter: string;
}

export const NATURAL: Order = { by: 'name', descending: false, filter: '' };

/** Whether rows are shown as TOS lists them, folders first. */
export function isNatural(order: Order): boolean {
  return order.by === 'name' && !order.descending && order.filter === '';
}

/** The ids of the rows to show, in order; null for the natural order, which needs no list. Folders stay first. */
export function arrange(rows: Rows, order: Order): Int32Array | null {
  if (isNatural(order)) return null;
  const shown = new Int32Array(rows.length);
  const matches = matcher(order.filter);
  let folders = 0;
  let count = 0;
  for (let index = 0; index < rows.length; index += 1) {
    const id = rows.idAt(index);
    if (!matches(rows.name(id))) continue;
    shown[count] = id;
    count += 1;
    if (id < 0) folders += 1;
  }
  if (order.by === 'name') {
    // They came by key, which is by name within one prefix.
    if (order.descending) {
      shown.subarray(0, folders).reverse();
      shown.subarray(folders, count).reverse();
    }
  } else {
    // Equal ones stay in the order of their names, whichever way the column runs.
    const compare = comparison(rows, order.by);
    const sign = order.descending ? -1 : 1;
    shown.subarray(folders, count).sort((a, b) => sign * compare(a, b) || a - b);
  }
  return shown.slice(0, count);
}

function matcher(filter: string): (name: string) => boolean {
  if (filter === '') return () => true;
  const pattern = new RegExp(filter.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'), 'i');
  return (name) => pattern.test(name);
}

function comparison(rows: Rows, by: 'size' | 'class' | 'modified'): (a: number, b: number) => number {
  if (by === 'size') return (a, b) => rows.size(a) - rows.size(b);
  // What has no time is oldest.
  if (by === 'modified') return (a, b) => (rows.modified(a) || 0) - (rows.modified(b) || 0);
  return (a, b) => {
    const [one, other] = [rows.storageClass(a) ?? '', rows.storageClass(b) ?? ''];
    return one < other ? -1 : one > other ? 1 : 0;
  };
}
