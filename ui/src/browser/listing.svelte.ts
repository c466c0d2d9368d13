/** What a prefix holds: pages appended as they are reached, kept while a refresh is under way. */
import { SvelteSet } from 'svelte/reactivity';
import { type AppError, type Backend, errorOf, type ObjectRow } from '../ipc/backend';

/** Load the next page when so few rows are left below the view. */
const AHEAD_ROWS = 60;
/** After this long the screen says that it is still listing. */
const SLOW_MS = 3_000;
/** A refresh reads again what was loaded, up to so many pages. */
const REFRESH_PAGES = 10;

export class Listing {
  rows = $state.raw<ObjectRow[]>([]);
  next = $state<string | null>(null);
  loading = $state(false);
  slow = $state(false);
  loaded = $state(false);
  error = $state.raw<AppError | null>(null);
  selected = new SvelteSet<string>();
  cursor = $state(-1);
  #backend: Backend;
  #bucket = '';
  #prefix = '';
  #asked = 0;
  #anchor = -1;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  readonly folders = $derived(this.rows.reduce((n, row) => n + (row.folder ? 1 : 0), 0));
  readonly chosen = $derived(this.rows.filter((row) => !row.folder && this.selected.has(row.key)));
  readonly chosenBytes = $derived(this.chosen.reduce((sum, row) => sum + row.size_bytes, 0));

  async open(bucket: string, prefix: string): Promise<void> {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.rows = [];
    this.next = null;
    this.loaded = false;
    this.error = null;
    this.clear();
    this.cursor = -1;
    await this.#load(null, (page) => page);
  }

  async more(end: number): Promise<void> {
    if (this.loading || this.error || this.next === null || end < this.rows.length - AHEAD_ROWS) return;
    await this.#load(this.next, (page) => [...this.rows, ...page]);
  }

  /** Reads again, without an empty moment in between. */
  async refresh(): Promise<void> {
    const wanted = this.rows.length;
    let fresh: ObjectRow[] = [];
    await this.#load(null, (page) => (fresh = page));
    for (let pages = 1; fresh.length < wanted && this.next !== null && pages < REFRESH_PAGES; pages += 1) {
      const before: ObjectRow[] = fresh;
      await this.#load(this.next, (page) => (fresh = [...before, ...page]));
      if (this.error) return;
    }
    const there = new Set(this.rows.map((row) => row.key));
    for (const key of this.selected) if (!there.has(key)) this.selected.delete(key);
    this.cursor = Math.min(this.cursor, this.rows.length - 1);
  }

  async #load(after: string | null, join: (page: ObjectRow[]) => ObjectRow[]): Promise<void> {
    const asked = ++this.#asked;
    this.loading = true;
    this.slow = false;
    const waiting = setTimeout(() => {
      if (asked === this.#asked) this.slow = true;
    }, SLOW_MS);
    try {
      const page = await this.#backend.listObjects(this.#bucket, this.#prefix, after);
      if (asked !== this.#asked) return;
      this.rows = join(page.rows);
      this.next = page.next;
      this.error = null;
      this.loaded = true;
    } catch (thrown) {
      if (asked === this.#asked) this.error = errorOf(thrown);
    } finally {
      clearTimeout(waiting);
      if (asked === this.#asked) {
        this.loading = false;
        this.slow = false;
      }
    }
  }

  clear(): void {
    this.selected.clear();
    this.#anchor = -1;
  }

  /** Folders take the cursor and are opened; only objects are selected. */
  select(index: number, how: 'one' | 'toggle' | 'range'): void {
    const row = this.rows[index];
    if (!row) return;
    this.cursor = index;
    if (how === 'range') {
      const start = this.#anchor < 0 ? index : this.#anchor;
      this.selected.clear();
      for (let i = Math.min(start, index); i <= Math.max(start, index); i += 1) {
        const one = this.rows[i];
        if (one && !one.folder) this.selected.add(one.key);
      }
      if (this.#anchor < 0) this.#anchor = index;
      return;
    }
    this.#anchor = index;
    if (how === 'one') this.selected.clear();
    if (row.folder) return;
    if (how === 'one' || !this.selected.delete(row.key)) this.selected.add(row.key);
  }

  selectAll(): void {
    for (const row of this.rows) if (!row.folder) this.selected.add(row.key);
  }
}
