/** The details beside the list of what has failed: whose they are, and on which tab. They end when it has left the list. */
import type { Backend, TransferDetail } from '../ipc/backend';
import type { DrawerTab } from './Drawer.svelte';

export class FailedDetails {
  detail = $state.raw<TransferDetail | null>(null);
  tab = $state<DrawerTab>('overview');
  #backend: Backend;
  #id: number | null = null;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async show(id: number): Promise<void> {
    this.#id = id;
    await this.pull();
  }

  async showLog(id: number): Promise<void> {
    this.tab = 'log';
    await this.show(id);
  }

  close(): void {
    this.#id = null;
    this.detail = null;
  }

  /** All of a cause leaves the list. */
  closeOf(code: string): void {
    if (this.detail?.row.why?.code === code) this.close();
  }

  /** Of the transfer that was asked for last: an answer about one before it comes too late. */
  async pull(): Promise<void> {
    const id = this.#id;
    if (id === null) return;
    try {
      const detail = await this.#backend.transferDetail(id);
      if (id !== this.#id) return;
      if (detail.row.state === 'failed') this.detail = detail;
      else this.close();
    } catch {
      // It was taken out of the list, and so are its details.
      if (id === this.#id) this.close();
    }
  }
}
