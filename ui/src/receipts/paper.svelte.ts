/** The receipt that is open: its head, the rows that were asked for, and the check that runs or ran. */
import { type AppError, type Backend, errorOf } from '../ipc/backend';
import type { CheckResult, PaperRow, PaperView, ReceiptCheckProgress, ReceiptChoice } from '../ipc/receipts';

const CHUNK_ROWS = 100;
const PROGRESS_EVERY_MS = 250;

export class Paper {
  view = $state.raw<PaperView | null>(null);
  error = $state.raw<AppError | null>(null);
  loading = $state(false);
  /** The transfer that the receipt is of, if it is of one that is in the list. */
  transfer = $state<number | null>(null);
  rows = $state.raw<ReadonlyMap<number, PaperRow>>(new Map());
  progress = $state.raw<ReceiptCheckProgress | null>(null);
  result = $state.raw<CheckResult | null>(null);
  checkedMs = $state<number | null>(null);
  /** Whether the check that runs, or ran last, fetched the bytes of objects. */
  hasRead = $state(false);
  #backend: Backend;
  #asked = 0;
  #ended = false;
  #chunks = new Set<number>();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async open(choice: ReceiptChoice): Promise<void> {
    if (!(await this.#open(() => this.#backend.openReceipt(choice)))) return;
    this.transfer = choice.of === 'transfers' && choice.ids.length === 1 ? (choice.ids[0] ?? null) : null;
  }

  async openFile(path: string): Promise<boolean> {
    return this.#open(() => this.#backend.openReceiptFile(path));
  }

  async #open(ask: () => Promise<PaperView>): Promise<boolean> {
    if (this.#ended) return false;
    const asked = ++this.#asked;
    this.loading = true;
    try {
      const view = await ask();
      if (asked !== this.#asked) {
        await this.#backend.closeReceipt(view.paper);
        return false;
      }
      const before = this.view;
      this.#clear();
      this.view = view;
      this.error = null;
      if (before) void this.#backend.closeReceipt(before.paper);
      void this.see(0, CHUNK_ROWS);
      return true;
    } catch (thrown) {
      if (asked === this.#asked) this.error = errorOf(thrown);
      return false;
    } finally {
      if (asked === this.#asked) this.loading = false;
    }
  }

  #clear(): void {
    this.transfer = null;
    this.rows = new Map();
    this.#chunks.clear();
    this.progress = null;
    this.result = null;
    this.checkedMs = null;
  }

  close(): void {
    this.#asked += 1;
    if (this.view) void this.#backend.closeReceipt(this.view.paper);
    this.view = null;
    this.error = null;
    this.#clear();
  }

  /** Its screen was left: nothing is opened any more, and what is under way is closed when it comes. */
  end(): void {
    this.#ended = true;
    this.close();
  }

  /** These rows are in view. */
  async see(first: number, end: number): Promise<void> {
    const paper = this.view?.paper;
    if (paper === undefined) return;
    for (let chunk = Math.floor(first / CHUNK_ROWS); chunk * CHUNK_ROWS < end; chunk += 1) {
      if (this.#chunks.has(chunk) || chunk * CHUNK_ROWS >= (this.view?.entries ?? 0)) continue;
      this.#chunks.add(chunk);
      await this.#read(paper, chunk);
    }
  }

  async #read(paper: number, chunk: number): Promise<void> {
    try {
      const rows = await this.#backend.receiptRows(paper, chunk * CHUNK_ROWS, CHUNK_ROWS);
      if (this.view?.paper !== paper) return;
      const all = new Map(this.rows);
      for (const [at, row] of rows.entries()) all.set(chunk * CHUNK_ROWS + at, row);
      this.rows = all;
    } catch (thrown) {
      this.#chunks.delete(chunk);
      if (this.view?.paper === paper) this.error = errorOf(thrown);
    }
  }

  /** Looks at both ends again; with `read` the bytes of objects are fetched too. False if it was stopped or failed. */
  async check(read: boolean): Promise<boolean> {
    const paper = this.view?.paper;
    if (paper === undefined || this.progress !== null) return false;
    this.result = null;
    this.hasRead = read;
    // What was wrong with another file says nothing of this paper.
    this.error = null;
    this.progress = { looked: 0, entries: this.view?.entries ?? 0, read_bytes: 0, total_bytes: 0 };
    const here = (): boolean => this.view?.paper === paper;
    const timer = setInterval(() => {
      void this.#backend.checkProgress(paper).then(
        (progress) => {
          if (here() && this.progress !== null) this.progress = progress;
        },
        () => undefined,
      );
    }, PROGRESS_EVERY_MS);
    try {
      const result = await this.#backend.checkReceipt(paper, read);
      if (!here()) return false;
      this.result = result;
      if (result === null) return false;
      this.checkedMs = Date.now();
      // What was proved is in it from now on.
      this.view = result.view;
      return true;
    } finally {
      clearInterval(timer);
      if (here()) {
        this.progress = null;
        // What was found is in the rows.
        for (const chunk of this.#chunks) await this.#read(paper, chunk);
      }
    }
  }

  async stop(): Promise<void> {
    if (this.view) await this.#backend.stopCheck(this.view.paper);
  }
}
