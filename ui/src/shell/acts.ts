/** What the window itself can do, whichever screen it shows. */
import type { Offer } from '../commands/offers.svelte';
import { language } from '../i18n/index.svelte';
import type { App } from '../session/app.svelte';
import { cyclePane } from './panes';
import { zoomStep } from '../settings/zoom';
import { looksDark } from '../ui/restyled';

/** What needs the window's own state. */
export interface Hands {
  upload: () => void;
  browse: () => void;
  limits: () => void;
  newBucket: () => void;
  addAccount: () => void;
  palette: () => void;
  help: () => void;
}

export function windowActs(app: App, hands: Hands): Offer {
  const { route, live } = app;
  const list = (filter: 'active' | 'waiting' | 'paused' | 'failed' | 'done') => ({ run: () => route.go({ screen: 'transfers', filter }) });
  const zoom = (by: 1 | -1) => ({
    can: () => zoomStep(app.settings.zoom_percent, by) !== null,
    run: () => {
      const zoom_percent = zoomStep(app.settings.zoom_percent, by);
      if (zoom_percent !== null) void app.change({ zoom_percent });
    },
  });
  return {
    upload: { run: hands.upload },
    limits: { run: hands.limits },
    pauseAll: {
      can: () => live.pulse.counts.active + live.pulse.counts.waiting + live.pulse.counts.paused > 0,
      run: () => {
        const { active, waiting } = live.pulse.counts;
        void app.attempt(() => (active + waiting > 0 ? app.backend.pauseAll() : app.backend.resumeAll()));
      },
    },
    newBucket: { run: hands.newBucket },
    refresh: { run: () => void app.refreshBuckets() },
    palette: { run: hands.palette },
    transfers: list('active'),
    waiting: list('waiting'),
    paused: list('paused'),
    failed: list('failed'),
    done: list('done'),
    buckets: { run: hands.browse },
    leftovers: { run: () => route.go({ screen: 'leftovers' }) },
    receipts: { run: () => route.go({ screen: 'receipts' }) },
    settings: { run: () => route.go({ screen: 'settings' }) },
    back: { can: () => route.canGoBack, run: () => route.back() },
    forward: { can: () => route.canGoForward, run: () => route.forward() },
    undo: {
      can: () => app.notices.undoable !== undefined,
      run: () => {
        const toast = app.notices.undoable;
        if (toast) app.notices.act(toast);
      },
    },
    nextPane: { run: () => cyclePane(1) },
    previousPane: { run: () => cyclePane(-1) },
    density: {
      run: () => void app.change({ density: app.settings.density === 'compact' ? 'comfortable' : 'compact' }, 'settings.density'),
    },
    zoomIn: zoom(1),
    zoomOut: zoom(-1),
    zoomReset: { can: () => app.settings.zoom_percent !== 100, run: () => void app.change({ zoom_percent: 100 }) },
    theme: { run: () => void app.change({ theme: looksDark() ? 'light' : 'dark' }, 'settings.theme') },
    language: { run: () => void app.change({ language: language() === 'zh' ? 'en' : 'zh' }, 'settings.language') },
    addAccount: { run: hands.addAccount },
    help: { run: hands.help },
  };
}
