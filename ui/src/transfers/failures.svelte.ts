/**
 * The window's picture of what has failed: the causes with their counts, and the rows of those that are open.
 *
 * Rows are read a page at a time as they are scrolled to. Where something changes, the causes are read anew and of each
 * open one as many rows as were known, up to one large page; what lies behind is read again when it comes into view.
 */
import { SvelteMap } from 'svelte/reactivity';
import { type AppError, type Backend, errorOf, type FailedGroup, type FailedRow } from '../ipc/backend';

/** Rows that a cause shows at first: all causes are to be seen at a glance. */
export const FIRST_ROWS = 5;
const PAGE_ROWS = 64;
/** The most that one answer has. */
const PAGE_MAX = 500;

interface Open {
  rows: FailedRow[];
  next: number | null;
}

export class Failures {
  groups = $state.raw<FailedGroup[]>([]);
  total = $state(0);
  loaded = $state(false);
  error = $state.raw<AppError | null>(null);
  /** When the last transfer was done, for the list that has nothing in it. */
  lastDoneMs = $state<number | null>(null);
  open = new SvelteMap<string, Open>();
  /** When the newest of what is done was done; asked for only where nothing has failed. */
  #backend: Backend;
  #pulling = false;
  /** It was asked for while an older answer was on its way. */
  #stale = false;
  #began = false;
  #revision = -1;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Reads what changed. One question at a time: whatever is asked during a slow answer is one more behind it. */
  async pull(): Promise<void> {
    if (this.#pulling) {
      this.#stale = true;
      return;
    }
    this.#pulling = true;
    do {
      this.#stale = false;
      await this.#read();
    } while (this.#stale);
    this.#pulling = false;
  }

  async #read(): Promise<void> {
    try {
      const { revision, total, groups } = await this.#backend.failedGroups();
      if (revision < this.#revision) return;
      this.#revision = revision;
      const codes = new Set(groups.map((group) => group.code));
      for (const code of this.open.keys()) if (!codes.has(code)) this.open.delete(code);
      const first = groups[0];
      // The largest is open from the start; what the user opens and closes then is left to him.
      if (!this.#began && first) {
        this.#began = true;
        this.open.set(first.code, { rows: [], next: null });
      }
      for (const [code, known] of this.open) {
        const page = await this.#backend.failedRows(code, null, Math.min(PAGE_MAX, Math.max(FIRST_ROWS, known.rows.length)));
        if (this.open.has(code)) this.open.set(code, { rows: page.rows, next: page.next });
      }
      if (total === 0) this.lastDoneMs = (await this.#backend.transfers('done', null, 1)).rows[0]?.ended_ms ?? null;
      this.groups = groups;
      this.total = total;
      this.loaded = true;
      this.error = null;
    } catch (thrown) {
      this.error = errorOf(thrown);
    }
  }

  async toggle(code: string): Promise<void> {
    this.#began = true;
    if (this.open.delete(code)) return;
    this.open.set(code, { rows: [], next: null });
    await this.more(code, true);
  }

  /** Whether scrolling on reads more of it: not before the user has asked for more than the first few. */
  goesOn(code: string): boolean {
    return (this.open.get(code)?.rows.length ?? 0) > FIRST_ROWS;
  }

  /** The next page of a cause, or its first. */
  async more(code: string, first = false): Promise<void> {
    const known = this.open.get(code);
    if (!known || (!first && known.next === null)) return;
    if (this.#pulling) {
      // A cause that was opened meanwhile is not known to the pull under way.
      if (first) this.#stale = true;
      return;
    }
    this.#pulling = true;
    try {
      const page = await this.#backend.failedRows(code, known.next, first ? FIRST_ROWS : PAGE_ROWS);
      if (!this.open.has(code)) return;
      const ids = new Set(known.rows.map((row) => row.id));
      this.open.set(code, { rows: [...known.rows, ...page.rows.filter((row) => !ids.has(row.id))], next: page.next });
    } catch (thrown) {
      this.error = errorOf(thrown);
    } finally {
      this.#pulling = false;
      if (this.#stale) void this.pull();
    }
  }
}
