/**
 * The window's picture of one list of transfers: the pages in view, pulled when something changed.
 *
 * Pages are reached by key (`after`), so the list grows as it is scrolled; pages far from view are let go and pulled
 * again. A reply that is older than what is shown, or that answers for another list, is dropped. What is selected is held
 * in Rust: each page tells which of its rows are, so a million selected rows cost nothing here.
 */
import { SvelteSet } from 'svelte/reactivity';
import {
  type Actions,
  type AppError,
  type Backend,
  errorOf,
  type Select,
  type Selected,
  type TransferDetail,
  type TransferFilter,
  type TransferPage,
  type TransferRow,
} from '../ipc/backend';
import { merge, type Shown } from './merge';

export const PAGE_ROWS = 64;
/** Pages kept on each side of those in view. */
const KEPT_PAGES = 8;
/** Between two looks at the figures of the selection. */
const FIGURES_MS = 1_000;

interface Page {
  /** Null when let go; the way to the next page is kept. */
  shown: Shown[] | null;
  revision: number;
  next: number | null;
  held: number;
}

export class TransferStore {
  filter = $state<TransferFilter>('active');
  total = $state(0);
  loaded = $state(false);
  error = $state.raw<AppError | null>(null);
  /** Those of the rows that are known here which are selected; which others are, Rust knows. */
  selected = new SvelteSet<number>();
  /** The figures of all that is selected; null when nothing is. */
  selection = $state.raw<Selected | null>(null);
  /** The row that the keys and the drawer are at. */
  cursor = $state<number | null>(null);
  detail = $state.raw<TransferDetail | null>(null);
  #pages = $state.raw<Page[]>([]);
  #backend: Backend;
  #show = 0;
  #range = { first: 0, end: 1 };
  #pulling: Promise<boolean> | null = null;
  /** What was asked for while a pull was on its way: it may be about other rows than that one. */
  #nextPull: Promise<boolean> | null = null;
  #anchor: number | null = null;
  /** Changes of the selection whose answer is still to come: until then what was clicked is what is shown. */
  #selecting = 0;
  /** How often that has begun or ended: what was asked for before tells of an older selection. */
  #selections = 0;
  /** Whether the last look left the figures of the selection for later. */
  figuresDue = false;
  /** When the figures of the selection were last asked for. */
  #figuresAt = -Infinity;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** How many rows there are to scroll over: the whole list once its end is known, else what is known and one page. */
  readonly extent = $derived.by(() => {
    const pages = this.#pages;
    const last = pages.at(-1);
    if (!last) return 0;
    const before = (pages.length - 1) * PAGE_ROWS;
    if (last.next === null) return before + (last.shown?.length ?? 0);
    return Math.min(Math.max(this.total, before + (last.shown?.length ?? 0)), (pages.length + 1) * PAGE_ROWS);
  });

  readonly held = $derived(this.#pages.reduce((sum, page) => sum + page.held, 0));

  /** Where *Next in line* begins: after the last row that is not waiting. */
  readonly nextInLine = $derived.by(() => {
    if (this.filter !== 'active') return null;
    const waits = (index: number): number | null => (this.at(index)?.row.state === 'waiting' ? index : null);
    for (let index = this.extent - 1; index >= 0; index -= 1) {
      const shown = this.at(index);
      if (shown && shown.row.state !== 'waiting') return waits(index + 1);
    }
    return waits(0);
  });

  at(index: number): Shown | null {
    return this.#pages[Math.floor(index / PAGE_ROWS)]?.shown?.[index % PAGE_ROWS] ?? null;
  }

  indexOf(id: number | null): number {
    if (id === null) return -1;
    for (const [at, page] of this.#pages.entries()) {
      const within = page.shown?.findIndex(({ row }) => row.id === id) ?? -1;
      if (within >= 0) return at * PAGE_ROWS + within;
    }
    return -1;
  }

  /** Shows another list from its beginning. */
  show(filter: TransferFilter): void {
    this.#show += 1;
    this.filter = filter;
    this.#pages = [];
    this.total = 0;
    this.loaded = false;
    this.error = null;
    this.#range = { first: 0, end: 1 };
    // Rust remembers what was selected when this list was last left, also where nothing of it is known here.
    this.#forgetSelection();
    void this.#change({ do: 'none' }).catch(() => undefined);
    // What is on its way is of the list before.
    if (this.#pulling) void this.pull(false);
  }

  see(first: number, end: number): void {
    this.#range = { first, end };
  }

  /**
   * Pulls what is in view. One pull at a time: a slow answer must not pile up questions; what is asked for meanwhile
   * follows it. All of it is asked for at once, so that it is drawn at once: each frame costs more than its contents. A
   * `passing` look asks for the figures of the selection once a second at most, and for nothing while a pull is on its way.
   *
   * Returns whether all of it was seen as it is now.
   */
  pull(frozen: boolean, passing = false): Promise<boolean> {
    const running = this.#pulling;
    if (running === null) {
      this.#pulling = this.#pull(frozen, passing).finally(() => (this.#pulling = null));
      return this.#pulling;
    }
    if (passing) return running.then(() => false);
    this.#nextPull ??= running.then(() => {
      this.#nextPull = null;
      return this.pull(frozen);
    });
    return this.#nextPull;
  }

  async #pull(frozen: boolean, passing: boolean): Promise<boolean> {
    const show = this.#show;
    try {
      await Promise.all([this.#pullPages(show, frozen), this.#pullSelection(show, passing), this.#pullDetail(show)]);
      if (show !== this.#show) return false;
      this.error = null;
      return true;
    } catch (thrown) {
      if (show === this.#show) this.error = errorOf(thrown);
      return false;
    }
  }

  async #pullPages(show: number, frozen: boolean): Promise<void> {
    const selections = this.#selections;
    const firstWanted = Math.floor(this.#range.first / PAGE_ROWS);
    const lastWanted = Math.floor(Math.max(this.#range.first, this.#range.end - 1) / PAGE_ROWS);
    for (let at = Math.min(firstWanted, this.#pages.length); at <= lastWanted; at += 1) {
      const before = at === 0 ? null : this.#pages[at - 1];
      if (before === undefined || (before !== null && before.next === null)) break;
      const page = await this.#backend.transfers(this.filter, before?.next ?? null, PAGE_ROWS);
      if (show !== this.#show) return;
      await this.accept(at, page, frozen, selections);
    }
    this.#letGo(firstWanted, lastWanted);
  }

  /** Takes a page in, unless a newer one is shown already. */
  async accept(at: number, page: TransferPage, frozen: boolean, selections = this.#selections): Promise<void> {
    const shown = this.#pages[at];
    if (shown && page.revision < shown.revision) return;
    const merged = merge(shown?.shown ?? [], page.rows, frozen, PAGE_ROWS);
    const left = merged.rows.filter((one) => one.gone);
    if (left.length > 0) await this.#refreshGone(left);
    const pages = [...this.#pages];
    pages[at] = { shown: merged.rows, revision: page.revision, next: page.next, held: merged.held };
    // The list became shorter: what was known beyond its end is no longer there.
    if (page.next === null) pages.length = at + 1;
    this.#pages = pages;
    this.total = page.total;
    this.loaded = true;
    if (this.#selecting === 0 && selections === this.#selections) {
      const selected = new Set(page.selected);
      for (const { id } of page.rows) {
        if (selected.has(id)) this.selected.add(id);
        else this.selected.delete(id);
      }
    }
  }

  /** The figures of the selection follow the work of its transfers, but nobody reads them four times a second. */
  async #pullSelection(show: number, passing: boolean): Promise<void> {
    if (!this.selection || this.#selecting > 0) return;
    const now = performance.now();
    this.figuresDue = passing && now - this.#figuresAt < FIGURES_MS;
    if (this.figuresDue) return;
    this.#figuresAt = now;
    const selections = this.#selections;
    const selection = await this.#backend.selected(this.filter);
    if (show === this.#show && this.#selecting === 0 && selections === this.#selections) this.selection = selection.count > 0 ? selection : null;
  }

  /** Whether what was clicked has not been answered yet. */
  get selecting(): boolean {
    return this.#selecting > 0;
  }

  async #change(change: Select): Promise<void> {
    const show = this.#show;
    this.#selecting += 1;
    this.#selections += 1;
    try {
      const selection = await this.#backend.select(this.filter, change);
      if (show === this.#show && this.#selecting === 1) this.selection = selection.count > 0 ? selection : null;
    } finally {
      this.#selecting -= 1;
      this.#selections += 1;
    }
  }

  /** Rows that left this list stay for a while, and then they must show what became of them. */
  async #refreshGone(left: Shown[]): Promise<void> {
    await Promise.all(
      left.map(async (one) => {
        try {
          one.row = (await this.#backend.transferDetail(one.row.id)).row;
        } catch {
          // Cancelled or removed: there is nothing to act on any more.
          one.row = {
            ...one.row,
            speed_bytes_s: 0,
            left_s: null,
            actions: { pause: false, resume: false, start: false, cancel: false, retry: false, remove: false, reveal: false, limit: false, verify: false },
          };
        }
      }),
    );
  }

  async #pullDetail(show: number): Promise<void> {
    const id = this.cursor;
    if (id === null) {
      this.detail = null;
      return;
    }
    try {
      const detail = await this.#backend.transferDetail(id);
      if (show === this.#show && id === this.cursor) this.detail = detail;
    } catch (thrown) {
      // Whoever could not look it up does not know that it is gone.
      if (errorOf(thrown).code !== 'internal') throw thrown;
      if (id === this.cursor) {
        this.selected.delete(id);
        this.cursor = null;
        this.detail = null;
      }
    }
  }

  #letGo(first: number, last: number): void {
    if (!this.#pages.some((page, at) => page.shown && (at < first - KEPT_PAGES || at > last + KEPT_PAGES))) return;
    this.#pages = this.#pages.map((page, at) =>
      at < first - KEPT_PAGES || at > last + KEPT_PAGES ? { ...page, shown: null, held: 0 } : page,
    );
  }

  /** The rows whose speed can be seen now: those in view that move, and the one with its details. */
  watched(): TransferRow[] {
    const rows = this.detail && this.detail.row.ended_ms === null ? [this.detail.row] : [];
    for (let index = this.#range.first; index < this.#range.end; index += 1) {
      const row = this.at(index)?.row;
      if (row?.state === 'transferring' && row.id !== this.cursor) rows.push(row);
    }
    return rows;
  }

  /** Whether the countdown of a row in view must be asked for although nothing changed. */
  get counting(): boolean {
    for (let index = this.#range.first; index < this.#range.end; index += 1) {
      if (this.at(index)?.row.state === 'retrying') return true;
    }
    return false;
  }

  clearSelection(): void {
    const had = this.selection !== null || this.selected.size > 0;
    this.#forgetSelection();
    if (had) void this.#change({ do: 'none' }).catch(() => undefined);
  }

  #forgetSelection(): void {
    this.selected.clear();
    this.selection = null;
    this.cursor = null;
    this.#anchor = null;
    this.detail = null;
  }

  /** A click or a key: alone, added to the selection, or the range from where it began. */
  async select(index: number, how: 'one' | 'toggle' | 'range'): Promise<void> {
    const shown = this.at(index);
    if (!shown) return;
    const { id } = shown.row;
    const from = how === 'range' ? (this.#anchor ?? id) : id;
    this.#mark(index, how, id, from);
    if (this.cursor !== id) this.detail = null;
    this.cursor = id;
    await this.#change(how === 'toggle' ? { do: 'toggle', id } : how === 'range' ? { do: 'range', from, to: id } : { do: 'only', id });
  }

  /** What was clicked is seen at once; the answer of Rust is what counts. */
  #mark(index: number, how: 'one' | 'toggle' | 'range', id: number, from: number): void {
    if (how === 'toggle') {
      if (!this.selected.delete(id)) this.selected.add(id);
      this.#anchor = id;
      return;
    }
    this.selected.clear();
    this.selected.add(id);
    if (how === 'one') {
      this.#anchor = id;
      return;
    }
    this.#anchor = from;
    const start = this.indexOf(from);
    if (start < 0) return;
    for (let i = Math.min(start, index); i <= Math.max(start, index); i += 1) {
      const one = this.at(i);
      if (one) this.selected.add(one.row.id);
    }
  }

  async selectAll(): Promise<void> {
    for (const page of this.#pages) for (const { row } of page.shown ?? []) this.selected.add(row.id);
    this.cursor ??= this.at(0)?.row.id ?? null;
    await this.#change({ do: 'all' });
  }

  /** What is selected stays so, and nothing that comes into the list later joins it: a question is asked about it. */
  async pin(): Promise<Selected | null> {
    await this.#change({ do: 'pinned' });
    return this.selection;
  }

  /** What can be done with at least one of the selected rows. */
  readonly offered = $derived<Actions>(this.selection?.actions ?? NOTHING);
}

const NOTHING: Actions = { pause: false, resume: false, start: false, cancel: false, retry: false, remove: false, reveal: false, limit: false, verify: false };
