/** The history as the screen shows it: pages appended as they are reached, a search that looks back within bounds. */
import { type AppError, type Backend, errorOf, type TransferRow } from '../ipc/backend';
import type { HistoryCursor } from '../ipc/receipts';

const PAGE_ROWS = 100;
/** Load the next page when so few rows are left below the view. */
const AHEAD_ROWS = 60;
/** A search asks so often by itself; each question looks at a bounded number of transfers. Then it is up to the user. */
const STEPS_MAX = 25;

export class History {
  rows = $state.raw<TransferRow[]>([]);
  search = $state('');
  loading = $state(false);
  loaded = $state(false);
  error = $state.raw<AppError | null>(null);
  keptDays = $state(0);
  next = $state.raw<HistoryCursor | null>(null);
  /** The search has stopped by itself before the end. */
  paused = $state(false);
  #backend: Backend;
  #asked = 0;
  #failed: (() => Promise<void>) | null = null;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** From the newest on. Rows that are shown stay until there are others. */
  async find(search: string): Promise<void> {
    this.search = search;
    await this.#read(null, [], PAGE_ROWS);
  }

  /** From the newest on once more, as far as it is shown; until all of it is there, what is shown stays. */
  async refresh(): Promise<void> {
    await this.#read(null, [], Math.max(PAGE_ROWS, this.rows.length), this.rows.length);
  }

  /** The view reaches this row. */
  async more(end: number): Promise<void> {
    if (this.loading || this.paused || this.error || this.next === null || end < this.rows.length - AHEAD_ROWS) return;
    await this.#read(this.next, this.rows, this.rows.length + PAGE_ROWS);
  }

  /** Looks further back. */
  async further(): Promise<void> {
    if (this.loading) return;
    await this.#read(this.next, this.rows, this.rows.length + PAGE_ROWS);
  }

  /** Reads once more what could not be read. */
  async again(): Promise<void> {
    if (this.#failed && !this.loading) await this.#failed();
  }

  /** `least`: so many rows have to be there before they take the place of those that are shown. */
  async #read(after: HistoryCursor | null, before: TransferRow[], wanted: number, least = 0): Promise<void> {
    const asked = ++this.#asked;
    const first = after;
    this.#failed = null;
    this.loading = true;
    this.paused = false;
    let rows = before;
    let shown = false;
    const kept = this.next;
    try {
      for (let step = 0; step < STEPS_MAX; step += 1) {
        const page = await this.#backend.history(after, this.search, Math.min(PAGE_ROWS, wanted - rows.length));
        if (asked !== this.#asked) return;
        rows = [...rows, ...page.rows];
        after = page.next;
        this.keptDays = page.kept_days;
        if (after === null || (rows.length >= least && (page.rows.length > 0 || step === 0))) {
          this.rows = rows;
          shown = true;
        }
        this.next = after;
        this.loaded = true;
        if (after === null || rows.length >= wanted) break;
      }
      if (!shown) this.rows = rows;
      this.paused = after !== null && rows.length < wanted;
      this.error = null;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.error = errorOf(thrown);
      // What was read before it failed is not shown yet where a whole list was to come.
      const [from, had] = shown ? [this.next, this.rows] : [first, before];
      this.#failed = () => this.#read(from, had, wanted, shown ? 0 : least);
      // It goes on below what is shown.
      if (!shown) this.next = kept;
    } finally {
      if (asked === this.#asked) this.loading = false;
    }
  }
}
