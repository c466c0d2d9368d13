/**
 * The last listings of this run, to be shown when TOS cannot be reached. In memory only, and bounded: the names of what
 * somebody stores do not belong on a disk that nobody asked to be used.
 */
import type { Rows } from './rows';

export interface Remembered {
  rows: Rows;
  next: string | null;
  /** When it was read. */
  atMs: number;
}

const PLACES_MAX = 24;
const ROWS_MAX = 250_000;

export class Memory {
  #places = new Map<string, Remembered>();

  get(place: string): Remembered | null {
    return this.#places.get(place) ?? null;
  }

  /** The newest stay; one that alone is too long is not kept. */
  keep(place: string, listing: Remembered): void {
    this.#places.delete(place);
    this.#places.set(place, listing);
    let rows = 0;
    for (const one of this.#places.values()) rows += one.rows.length;
    for (const [oldest, one] of this.#places) {
      if (this.#places.size <= PLACES_MAX && rows <= ROWS_MAX) break;
      this.#places.delete(oldest);
      rows -= one.rows.length;
    }
  }
}
