/** What is done about what has failed, one thing at a time; the list is read anew after each. */
import { t } from '../i18n/index.svelte';
import type { FailedGroup, FailedRow } from '../ipc/backend';
import type { App } from '../session/app.svelte';
import { copyText } from '../ui/clipboard';
import type { FailedDetails } from './failed-details.svelte';
import type { Failures } from './failures.svelte';
import { offer, offerUndo } from './offer';
import type { RowAct } from './TransferRow.svelte';

export class FailedActs {
  busy = $state(false);
  #app: App;
  #failures: Failures;
  #details: FailedDetails;
  #pull: () => Promise<void>;

  constructor(app: App, failures: Failures, details: FailedDetails, pull: () => Promise<void>) {
    this.#app = app;
    this.#failures = failures;
    this.#details = details;
    this.#pull = pull;
  }

  async #during(act: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    await this.#app.attempt(act);
    this.busy = false;
    await this.#pull();
  }

  /** All of a cause, or all that failed. */
  retry(code: string | null): Promise<void> {
    return this.#during(async () => {
      const n = await this.#app.backend.retryFailed(code);
      this.#app.notices.toast(t('toast.retried', { n }));
    });
  }

  retryRow(id: number): Promise<void> {
    return this.#during(() => this.#app.backend.retry([id]));
  }

  /** All of a cause, or all that failed. */
  remove(code: string | null): Promise<void> {
    return this.#during(async () => {
      const acted = await this.#app.backend.dismissFailed(code);
      if (code === null) this.#details.close();
      else this.#details.closeOf(code);
      offer(this.#app, acted, 'toast.removedFailed', () => void this.#pull());
    });
  }

  removeRow(id: number): Promise<void> {
    return this.#during(async () => {
      const acted = await this.#app.backend.dismiss([id], 'remove');
      if (this.#details.detail?.row.id === id) this.#details.close();
      offer(this.#app, acted, 'toast.removedFailed', () => void this.#pull());
    });
  }

  /** What the details offer of one that failed: nothing of it runs, so there is nothing to pause or to cancel. */
  act(what: RowAct, id: number): Promise<void> {
    if (what === 'retry') return this.retryRow(id);
    if (what === 'remove') return this.removeRow(id);
    return this.#during(() => this.#app.backend.reveal(id));
  }

  exportList(): Promise<void> {
    return this.#during(async () => {
      const done = await this.#app.backend.exportFailed();
      if (done) this.#app.notices.toast(t('toast.exported', { n: done.count, path: done.path }));
    });
  }

  copyPaths(): Promise<void> {
    return this.#during(async () => {
      const { text, count, left_out: left } = await this.#app.backend.failedPaths(null);
      if (!(await copyText(text))) return;
      this.#app.notices.toast(left > 0 ? t('toast.copiedSome', { n: count, left }) : t('toast.copied', { n: count }));
    });
  }

  copyPolicy(code: string): Promise<void> {
    return this.#during(async () => {
      if (await copyText(await this.#app.backend.failedPolicy(code))) this.#app.notices.toast(t('toast.copiedPolicy'));
    });
  }

  /** Of the downloads of a cause; of which something had arrived, that is fetched again. */
  changeFolder(code: string): Promise<void> {
    return this.#during(async () => {
      const changed = await this.#app.backend.changeFailedFolder(code);
      if (!changed) return;
      this.#details.closeOf(code);
      const { count: n, folder: path, begun_anew: anew, undo } = changed;
      const words = anew === n ? t('toast.folderAnew', { n, path }) : anew === 0 ? t('toast.folderChanged', { n, path }) : t('toast.folderSome', { n, path, anew });
      offerUndo(this.#app, words, undo, () => void this.#pull());
    });
  }

  /** The account whose keys have expired is told by the details of one of them. */
  async askForKeys({ code, count }: FailedGroup): Promise<void> {
    await this.#app.attempt(async () => {
      const newest = await this.#newestOf(code);
      const account = newest ? (await this.#app.backend.transferDetail(newest.id)).needs_keys_of : null;
      if (account !== null) this.#app.askForKeys(account, count);
    });
  }

  /** The log of the newest of a cause, which is opened for it; tells which that is. */
  async openLogOf(code: string): Promise<number | null> {
    let id: number | null = null;
    await this.#app.attempt(async () => {
      if (!this.#failures.open.has(code)) await this.#failures.toggle(code);
      id = (await this.#newestOf(code))?.id ?? null;
      if (id !== null) await this.#details.showLog(id);
    });
    return id;
  }

  async #newestOf(code: string): Promise<FailedRow | undefined> {
    return this.#failures.open.get(code)?.rows[0] ?? (await this.#app.backend.failedRows(code, null, 1)).rows[0];
  }
}
