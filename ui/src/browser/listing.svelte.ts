/** What a prefix holds: pages appended as they are reached, kept while a refresh is under way. */
import { type AppError, type Backend, errorOf, type ObjectRow } from '../ipc/backend';
import { Memory } from './remembered';
import { arrange, isNatural, NATURAL, type Order, type SortBy } from './order';
import { Rows } from './rows';
import { Selection } from './selection.svelte';

/** Load the next page when so few rows are left below the view. */
const AHEAD_ROWS = 200;
/** After this long the screen says that it is still listing; later it offers to stop. */
const SLOW_MS = 3_000;
const STOP_MS = 10_000;
/** A refresh reads again what was loaded, up to so many pages; beyond, it begins at the top. */
const REFRESH_PAGES = 10;
/** While everything is being loaded, an order is worked out again when so much time has passed as ten of the last took. */
const ARRANGE_SHARE = 10;

export type Waiting = 'no' | 'short' | 'long' | 'stoppable';

export class Listing {
  /** Grows with every change of the rows. */
  revision = $state(0);
  next = $state<string | null>(null);
  loading = $state(false);
  /** Whether every page is being read, one after the other. */
  loadingAll = $state(false);
  waiting = $state<Waiting>('no');
  loaded = $state(false);
  error = $state.raw<AppError | null>(null);
  /** Whether the first page was given up by the user. */
  stopped = $state(false);
  /** Set while what is shown is from a memory: when it was read. */
  asOfMs = $state<number | null>(null);
  order = $state.raw<Order>(NATURAL);
  cursor = $state<number | null>(null);
  selection = $state.raw(new Selection(new Rows('')));
  /** Told how many folders a page has put above what is in view. */
  onInserted: (rows: number) => void = () => undefined;
  #backend: Pick<Backend, 'listObjects'>;
  #memory: Memory;
  #rows = $state.raw(new Rows(''));
  #shown = $state.raw<Int32Array | null>(null);
  #bucket = '';
  #prefix = '';
  #asked = 0;
  #anchor: number | null = null;
  #refreshing = false;
  /** A refresh was asked for while it could not begin. */
  #again = false;
  #arrangedMs = 0;
  #arrangeTook = 0;

  constructor(backend: Pick<Backend, 'listObjects'>, memory = new Memory()) {
    this.#backend = backend;
    this.#memory = memory;
  }

  get rows(): Rows {
    void this.revision;
    return this.#rows;
  }

  /** How many rows are shown. */
  get count(): number {
    void this.revision;
    return this.#shown?.length ?? this.#rows.length;
  }

  get shown(): Int32Array | null {
    return this.#shown;
  }

  get filtered(): boolean {
    return this.order.filter !== '';
  }

  idAt(index: number): number {
    void this.revision;
    return this.#shown === null ? this.#rows.idAt(index) : (this.#shown[index] ?? 0);
  }

  rowAt(index: number): ObjectRow | null {
    return index >= 0 && index < this.count ? this.#rows.row(this.idAt(index)) : null;
  }

  /** Where a row is shown; -1 if it is not. */
  indexOf(id: number): number {
    if (this.#shown !== null) return this.#shown.indexOf(id);
    return this.#rows.has(id) ? this.#rows.indexOf(id) : -1;
  }

  readonly cursorIndex = $derived.by(() => {
    void this.revision;
    return this.cursor === null ? -1 : this.indexOf(this.cursor);
  });

  async open(bucket: string, prefix: string): Promise<void> {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#again = false;
    this.#replace(new Rows(prefix));
    this.selection = new Selection(this.#rows);
    this.order = NATURAL;
    this.#arrange();
    this.next = null;
    this.loaded = false;
    // What went wrong elsewhere is not said of this place.
    this.error = null;
    this.loadingAll = false;
    this.asOfMs = null;
    this.cursor = null;
    this.#anchor = null;
    await this.#load(null, (page, next) => this.#append(page, next));
    if (this.error !== null && !this.loaded) this.#recall();
  }

  /** The next page, if the view has come near the end of what is loaded. A filter or an order asks for none by itself. */
  async more(end: number): Promise<void> {
    if (this.loading || this.error || this.next === null || !isNatural(this.order) || end < this.#rows.length - AHEAD_ROWS) return;
    await this.#load(this.next, (page, next) => this.#append(page, next));
  }

  /** Every page that is left, until there is none or `stop`. */
  async loadAll(): Promise<void> {
    if (this.loadingAll) return;
    // What is loaded goes on from what is shown; a refresh that this overtakes is done behind it.
    if (this.#refreshing) this.#again = true;
    this.loadingAll = true;
    while (this.loadingAll && this.next !== null) {
      if (!(await this.#load(this.next, (page, next) => this.#append(page, next)))) break;
    }
    this.loadingAll = false;
    this.#arrange();
    await this.#refreshAgain();
  }

  /** Asks for nothing more. What is under way is not waited for. */
  stop(): void {
    this.loadingAll = false;
    this.#asked += 1;
    this.loading = false;
    this.waiting = 'no';
    this.stopped = !this.loaded;
  }

  /** Reads again, without an empty moment in between. */
  async refresh(): Promise<void> {
    if (!this.loaded) {
      await this.open(this.#bucket, this.#prefix);
      return;
    }
    // One at a time: one under way, or every page being read, is not cut short. It is done once more behind that.
    if (this.#refreshing || this.loadingAll) {
      this.#again = true;
      return;
    }
    this.#refreshing = true;
    try {
      await this.#readAgain();
    } finally {
      this.#refreshing = false;
    }
    await this.#refreshAgain();
  }

  async #refreshAgain(): Promise<void> {
    if (!this.#again || this.#refreshing || this.loadingAll) return;
    this.#again = false;
    if (this.loaded && this.error === null) await this.refresh();
  }

  async #readAgain(): Promise<void> {
    const wanted = this.#rows.length;
    const fresh = new Rows(this.#prefix);
    let after: string | null = null;
    for (let pages = 0; pages < REFRESH_PAGES; pages += 1) {
      // Until the rows are shown, where they go on is not where what is shown goes on.
      let next: string | null = null;
      if (!(await this.#load(after, (page, following) => {
        fresh.append(page);
        next = following;
      }))) return;
      after = next;
      if (after === null || fresh.length >= wanted) break;
    }
    const cursor = this.cursor === null ? null : this.#rows.key(this.cursor);
    this.#replace(fresh);
    this.next = after;
    this.selection.moveTo(fresh);
    this.cursor = cursor === null ? null : (fresh.find(new Set([cursor]))[0] ?? null);
    this.#anchor = null;
    this.asOfMs = null;
    this.#arrange();
    this.#keep();
  }

  /** Tells whether the page came and nobody had asked for something else meanwhile. */
  async #load(after: string | null, take: (page: ObjectRow[], next: string | null) => void): Promise<boolean> {
    const asked = ++this.#asked;
    this.loading = true;
    this.stopped = false;
    this.waiting = 'short';
    const mine = (): boolean => asked === this.#asked;
    const timers = [
      setTimeout(() => mine() && (this.waiting = 'long'), SLOW_MS),
      setTimeout(() => mine() && (this.waiting = 'stoppable'), STOP_MS),
    ];
    try {
      const page = await this.#backend.listObjects(this.#bucket, this.#prefix, after);
      if (!mine()) return false;
      take(page.rows, page.next);
      this.error = null;
      this.loaded = true;
      return true;
    } catch (thrown) {
      if (mine()) this.error = errorOf(thrown);
      return false;
    } finally {
      for (const timer of timers) clearTimeout(timer);
      if (mine()) {
        this.loading = false;
        this.waiting = 'no';
      }
    }
  }

  #append(page: ObjectRow[], next: string | null): void {
    this.next = next;
    const first = this.#rows.length === 0;
    const folders = this.#rows.append(page);
    this.revision += 1;
    if (this.#shown === null) {
      if (!first && folders > 0) this.onInserted(folders);
    } else if (!this.loadingAll || performance.now() - this.#arrangedMs > this.#arrangeTook * ARRANGE_SHARE) this.#arrange();
    this.#keep();
  }

  #replace(rows: Rows): void {
    this.#rows = rows;
    this.revision += 1;
  }

  #keep(): void {
    if (this.asOfMs !== null) return;
    this.#memory.keep(this.#place(), { rows: this.#rows, next: this.next, atMs: Date.now() });
  }

  #place(): string {
    return `${this.#bucket}/${this.#prefix}`;
  }

  /** TOS cannot be reached: what was here before is better than nothing, and says how old it is. */
  #recall(): void {
    const before = this.error?.code === 'network' ? this.#memory.get(this.#place()) : null;
    if (before === null) return;
    this.#replace(before.rows);
    this.selection = new Selection(this.#rows);
    this.next = before.next;
    this.asOfMs = before.atMs;
    this.loaded = true;
  }

  #arrange(): void {
    const begun = performance.now();
    this.#shown = arrange(this.#rows, this.order);
    this.#arrangedMs = performance.now();
    this.#arrangeTook = this.#arrangedMs - begun;
    this.revision += 1;
  }

  filter(text: string): void {
    this.order = { ...this.order, filter: text };
    this.#arrange();
  }

  /** By this column; a second time, the other way around. */
  sort(by: SortBy): void {
    const descending = this.order.by === by ? !this.order.descending : by === 'size' || by === 'modified';
    this.order = { ...this.order, by, descending };
    this.#arrange();
  }

  clear(): void {
    this.selection.clear();
    this.#anchor = null;
  }

  select(index: number, how: 'one' | 'toggle' | 'range'): void {
    if (index < 0 || index >= this.count) return;
    const id = this.idAt(index);
    this.cursor = id;
    if (how === 'range') {
      const from = this.#anchor === null ? index : Math.max(0, this.indexOf(this.#anchor));
      const [first, last] = [Math.min(from, index), Math.max(from, index)];
      this.selection.replace(Array.from({ length: last - first + 1 }, (_, i) => this.idAt(first + i)));
      this.#anchor ??= id;
      return;
    }
    this.#anchor = id;
    if (how === 'one') this.selection.replace([id]);
    else this.selection.toggle(id);
  }

  /** All that is shown. */
  selectAll(): void {
    const { count } = this;
    this.selection.add(Array.from({ length: count }, (_, index) => this.idAt(index)));
  }

  /** Puts the cursor on a key, if it is loaded; tells where it is shown. */
  reveal(key: string): number {
    const [id] = this.#rows.find(new Set([key]));
    if (id === undefined) return -1;
    const index = this.indexOf(id);
    if (index >= 0) this.select(index, 'one');
    return index;
  }
}
