/** What is done with transfers of a list: at once with an offer to take it back, or after a question. */
import { t } from '../i18n/index.svelte';
import type { Acted, Direction, Dismissal, MoveTo, TransferRow } from '../ipc/backend';
import type { App } from '../session/app.svelte';
import { type Done, offer } from './offer';
import type { TransferStore } from './store.svelte';
import type { RowAct } from './TransferRow.svelte';

/** What an act needs of the list that shows it. */
interface List {
  pull: () => Promise<void>;
  /** The rows may move at once: the user's own hand did it. */
  moved: () => void;
  reveal: (index: number) => void;
}

export class Acts {
  /** What is asked about before it is cancelled: one row, or all that is selected. */
  asked = $state.raw<{ id: number | null; count: number; names: string[]; direction: Direction | null; doneBytes: number } | null>(null);
  #app: App;
  #store: TransferStore;
  #list: List;

  constructor(app: App, store: TransferStore, list: List) {
    this.#app = app;
    this.#store = store;
    this.#list = list;
  }

  async act(what: RowAct, row: TransferRow): Promise<void> {
    if (what === 'cancel') {
      this.asked = { id: row.id, count: 1, names: [row.name], direction: row.direction, doneBytes: row.done_bytes };
      return;
    }
    if (what === 'verify') {
      this.#app.verifyNow(row.id);
      return;
    }
    await this.#app.attempt(async () => {
      if (what === 'remove') this.#offerUndo(await this.#app.backend.dismiss([row.id], 'remove'), row.state === 'failed' ? 'toast.removedFailed' : 'toast.removed');
      else if (what === 'reveal') await this.#app.backend.reveal(row.id);
      else await this.#app.backend[what]([row.id]);
    });
    await this.#list.pull();
  }

  async actOnSelection(what: Exclude<RowAct, 'verify' | 'startNow'>): Promise<void> {
    const { selection } = this.#store;
    if (!selection) return;
    // What is shown as selected is not yet what Rust holds: nothing is lost for a click that was not answered.
    if ((what === 'cancel' || what === 'remove') && this.#store.selecting) return;
    if (what === 'cancel') {
      await this.#app.attempt(async () => {
        const pinned = await this.#store.pin();
        if (!pinned) return;
        const { count, names, direction, done_bytes: doneBytes } = pinned;
        this.asked = { id: null, count, names, direction, doneBytes };
      });
      return;
    }
    await this.#app.attempt(async () => {
      if (what === 'remove') await this.#dismissSelected('remove', this.#store.filter === 'failed' ? 'toast.removedFailed' : 'toast.removed');
      else if (what !== 'reveal') await this.#app.backend.actOnSelection(what);
      else if (this.#store.cursor !== null) await this.#app.backend.reveal(this.#store.cursor);
    });
    await this.#list.pull();
  }

  async #dismissSelected(how: Dismissal, words: Done): Promise<void> {
    this.#offerUndo(await this.#app.backend.actOnSelection(how), words);
    this.#store.clearSelection();
  }

  #offerUndo(acted: Acted, words: Done): void {
    offer(this.#app, acted, words, () => {
      void this.#list.pull();
    });
    // What is gone by the user's own hand does not stay dimmed in its place.
    this.#list.moved();
  }

  async clearList(): Promise<void> {
    await this.#app.attempt(async () => this.#offerUndo(await this.#app.backend.dismissList(this.#store.filter), 'toast.removed'));
    await this.#list.pull();
  }

  async moveTo(to: MoveTo, id: number | null): Promise<void> {
    await this.#app.attempt(async () => {
      const selects = id === null || (this.#store.selected.has(id) && this.#store.selected.size > 1);
      const acted = await (selects ? this.#app.backend.moveSelection(to) : this.#app.backend.moveTransfers([id], to));
      if (acted.count > 0) this.#offerUndo(acted, 'toast.moved');
    });
    await this.#list.pull();
    const at = this.#store.indexOf(this.#store.cursor);
    const shown = this.#store.at(at);
    if (!shown || at < 0) return;
    this.#list.reveal(at);
    this.#app.notices.speak(t('say.moved', { name: shown.row.name, n: at - (this.#store.nextInLine ?? 0) + 1 }));
  }

  async cancelAsked(): Promise<void> {
    const of = this.asked;
    this.asked = null;
    if (!of) return;
    await this.#app.attempt(async () => {
      if (of.id === null) await this.#dismissSelected('cancel', 'toast.cancelled');
      else this.#offerUndo(await this.#app.backend.dismiss([of.id], 'cancel'), 'toast.cancelled');
    });
    await this.#list.pull();
  }

  async keepAsked(): Promise<void> {
    const of = this.asked;
    this.asked = null;
    if (!of) return;
    await this.#app.attempt(async () => {
      if (of.id === null) await this.#app.backend.actOnSelection('pause');
      else await this.#app.backend.pause([of.id]);
    });
    await this.#list.pull();
  }
}
