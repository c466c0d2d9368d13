/** Says what was done and offers to take it back, for as long as that is possible. */
import { t } from '../i18n/index.svelte';
import type { Acted } from '../ipc/backend';
import type { App } from '../session/app.svelte';

export type Done = 'toast.cancelled' | 'toast.removed' | 'toast.removedFailed' | 'toast.moved';

export function offer(app: App, acted: Acted, words: Done, after: () => void): void {
  const { count, undo } = acted;
  if (count > 0) offerUndo(app, t(words, { n: count }), undo, after);
}

/** The same with words of its own. */
export function offerUndo(app: App, words: string, undo: number | null, after: () => void): void {
  if (undo === null) {
    app.notices.toast(words);
    return;
  }
  const run = (): void => {
    void app.attempt(async () => {
      const done = await app.backend.undo(undo);
      app.notices.toast(t(done ? 'toast.undone' : 'toast.undoLate'));
      after();
    });
  };
  app.notices.toast(words, { act: { label: t('act.undo'), run, undo: true }, fixed: true });
}
