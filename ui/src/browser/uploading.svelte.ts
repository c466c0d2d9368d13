/** Transfers that are under way to the place that is shown; pulled at most twice a second, and only when something moved. */
import type { Backend, TransferRow } from '../ipc/backend';

const PULL_EVERY_MS = 500;
const ROWS_MAX = 20;
const LOOK_AT = 200;
const UNDER_WAY: ReadonlySet<TransferRow['state']> = new Set(['scanning', 'transferring', 'verifying', 'retrying', 'no_network']);

export class Uploading {
  rows = $state.raw<TransferRow[]>([]);
  #backend: Pick<Backend, 'transfers'>;
  #here = '';
  #pulling = false;
  #again: ReturnType<typeof setTimeout> | null = null;
  #wanted = false;

  constructor(backend: Pick<Backend, 'transfers'>) {
    this.#backend = backend;
  }

  /** Another place is shown. */
  show(bucket: string, prefix: string): void {
    this.#here = `tos://${bucket}/${prefix}`;
    this.rows = [];
    void this.#pull();
  }

  /** Something moved somewhere. */
  moved(): void {
    this.#wanted = true;
    if (this.#again === null) void this.#pull();
  }

  stop(): void {
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = null;
    this.#wanted = false;
  }

  async #pull(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    this.#wanted = false;
    const here = this.#here;
    try {
      const page = await this.#backend.transfers('active', null, LOOK_AT);
      if (here === this.#here) this.rows = page.rows.filter((row) => this.#belongs(row)).slice(0, ROWS_MAX);
    } catch {
      // The list of transfers says what is wrong with it; here it is only an extra.
      this.rows = [];
    }
    this.#pulling = false;
    this.#again ??= setTimeout(() => {
      this.#again = null;
      if (this.#wanted) void this.#pull();
    }, PULL_EVERY_MS);
  }

  #belongs(row: TransferRow): boolean {
    if (row.direction === 'download' || !UNDER_WAY.has(row.state) || !row.to.startsWith(this.#here)) return false;
    return !row.to.slice(this.#here.length).includes('/');
  }
}
