/**
 * What a listing has brought so far, in columns rather than in objects: a million keys take the room of their names and
 * a few numbers. A row is made only when it is looked at.
 *
 * A row has an id that stays while the list grows: objects count up from 0, folders down from -1. TOS mixes both by
 * key, page by page; here folders come first, so a later page can put one above what is in view. The list then keeps
 * its place (`VirtualList.keepPlace`).
 */
import type { ObjectRow } from '../ipc/backend';

const MADE_MAX = 256;

export class Rows {
  readonly prefix: string;
  #folders: string[] = [];
  #names: string[] = [];
  #sizes: number[] = [];
  #modified: number[] = [];
  #classes: number[] = [];
  #classNames: (string | null)[] = [];
  /** Rows that are looked at now: the same object each time, so that what shows it need not be drawn again. */
  #made = new Map<number, ObjectRow>();

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  get folders(): number {
    return this.#folders.length;
  }

  get objects(): number {
    return this.#names.length;
  }

  get length(): number {
    return this.folders + this.objects;
  }

  /** Adds a page; tells how many of its rows are folders. */
  append(page: readonly ObjectRow[]): number {
    const before = this.folders;
    for (const row of page) {
      const name = row.key.slice(this.prefix.length);
      if (row.folder) this.#folders.push(name);
      else {
        this.#names.push(name);
        this.#sizes.push(row.size_bytes);
        this.#modified.push(row.modified_ms ?? Number.NaN);
        this.#classes.push(this.#classOf(row.storage_class));
      }
    }
    return this.folders - before;
  }

  #classOf(name: string | null): number {
    const at = this.#classNames.indexOf(name);
    return at >= 0 ? at : this.#classNames.push(name) - 1;
  }

  /** The id of the row at this place of the natural order: folders, then objects, both by key. */
  idAt(index: number): number {
    return index < this.folders ? -1 - index : index - this.folders;
  }

  /** The place of a row in the natural order. */
  indexOf(id: number): number {
    return id < 0 ? -1 - id : id + this.folders;
  }

  has(id: number): boolean {
    return id < 0 ? -1 - id < this.folders : id < this.objects;
  }

  /** The name without the prefix; that of a folder ends in `/`. */
  name(id: number): string {
    return (id < 0 ? this.#folders[-1 - id] : this.#names[id]) ?? '';
  }

  key(id: number): string {
    return this.prefix + this.name(id);
  }

  size(id: number): number {
    return id < 0 ? 0 : (this.#sizes[id] ?? 0);
  }

  /** Milliseconds, or NaN where the store told none. */
  modified(id: number): number {
    return id < 0 ? Number.NaN : (this.#modified[id] ?? Number.NaN);
  }

  storageClass(id: number): string | null {
    return id < 0 ? null : (this.#classNames[this.#classes[id] ?? -1] ?? null);
  }

  row(id: number): ObjectRow {
    const made = this.#made.get(id);
    if (made) return made;
    const row = this.#make(id);
    if (this.#made.size >= MADE_MAX) this.#made.clear();
    this.#made.set(id, row);
    return row;
  }

  #make(id: number): ObjectRow {
    const modified = this.modified(id);
    return {
      key: this.key(id),
      name: this.name(id),
      folder: id < 0,
      size_bytes: this.size(id),
      modified_ms: Number.isNaN(modified) ? null : modified,
      storage_class: this.storageClass(id),
    };
  }

  /** The ids of these keys, as far as they are here. */
  find(keys: ReadonlySet<string>): number[] {
    const found: number[] = [];
    if (keys.size === 0) return found;
    for (let index = 0; index < this.length && found.length < keys.size; index += 1) {
      const id = this.idAt(index);
      if (keys.has(this.key(id))) found.push(id);
    }
    return found;
  }
}
