/**
 * Which rows are selected, by id, with running sums, so that a million of them cost no more to count than one. It keeps
 * what the filter hides: `hidden` says how many.
 */
import type { Rows } from './rows';

export class Selection {
  /** Grows with every change; what is derived from the selection reads it. */
  #revision = $state(0);
  #ids = new Set<number>();
  #rows: Rows;
  #bytes = 0;
  #folders = 0;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  get size(): number {
    void this.#revision;
    return this.#ids.size;
  }

  get bytes(): number {
    void this.#revision;
    return this.#bytes;
  }

  /** How many of them are folders. */
  get folders(): number {
    void this.#revision;
    return this.#folders;
  }

  has(id: number): boolean {
    void this.#revision;
    return this.#ids.has(id);
  }

  /** By id; the order in which they were selected. */
  ids(): readonly number[] {
    void this.#revision;
    return [...this.#ids];
  }

  keys(): Set<string> {
    return new Set([...this.#ids].map((id) => this.#rows.key(id)));
  }

  /** How many are selected but not among these. */
  hidden(shown: Int32Array | null): number {
    if (shown === null || this.size === 0) return 0;
    let seen = 0;
    for (const id of shown) if (this.#ids.has(id)) seen += 1;
    return this.#ids.size - seen;
  }

  add(ids: Iterable<number>): void {
    for (const id of ids) this.#put(id);
    this.#revision += 1;
  }

  toggle(id: number): void {
    if (this.#ids.has(id)) this.#take(id);
    else this.#put(id);
    this.#revision += 1;
  }

  /** These and no others. */
  replace(ids: Iterable<number>): void {
    this.#empty();
    this.add(ids);
  }

  clear(): void {
    if (this.#ids.size === 0) return;
    this.#empty();
    this.#revision += 1;
  }

  /** The rows were read again: what is still there stays selected. */
  moveTo(rows: Rows): void {
    const keys = this.keys();
    this.#empty();
    this.#rows = rows;
    this.add(rows.find(keys));
  }

  #put(id: number): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    this.#bytes += this.#rows.size(id);
    if (id < 0) this.#folders += 1;
  }

  #take(id: number): void {
    this.#ids.delete(id);
    this.#bytes -= this.#rows.size(id);
    if (id < 0) this.#folders -= 1;
  }

  #empty(): void {
    this.#ids.clear();
    this.#bytes = 0;
    this.#folders = 0;
  }
}
