// What the journeys through the real window share: how one begins and ends, and what a person does first.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openDisplay, openFolder } from './display.mjs';
import { ARTIFACTS, until, Window } from './window.mjs';

/** Slow enough to look at, fast enough to wait for: megabytes a second, both ways together. */
export const SLOW = { TERN_PRACTICE: 'mbps=10,copy_mbps=40' };

/** Journeys on a display of their own. What one opens is closed at its end, whatever happened. */
export function journeysOn(size) {
  let display;
  before(async () => {
    display = await openDisplay(size);
  });
  after(() => display?.close());
  return (name, walk) => journey(name, walk, () => display.name);
}

function journey(name, walk, display) {
  test(name, { timeout: 240_000 }, async () => {
    const folder = await openFolder();
    const opened = [];
    const open = async (options = {}) => {
      const window = await Window.open({ display: display(), folder: folder.path, ...options });
      opened.push(window);
      return window;
    };
    const path = (file) => join(folder.path, file);
    try {
      await walk({ open, path, display: display() });
    } catch (error) {
      const failed = `failed-${name.replace(/\W+/g, '-')}`;
      await opened.at(-1)?.picture(failed).catch(() => undefined);
      copyFileSync(path('window.log'), join(ARTIFACTS, `${failed}.log`));
      throw error;
    } finally {
      await Promise.all(opened.map((window) => window.close()));
      await folder.close();
    }
  });
}

export async function connect(window) {
  await window.click('practice');
  await window.click('bucket-practice');
  await window.find('upload');
  await window.find('browser-status');
}

/** Uploads into the bucket that is shown and looks at the list of what is active. */
export async function upload(window, path) {
  window.willPick(path);
  await window.click('upload');
  await until('the upload to be in the engine', async () => {
    const { counts } = await total(window);
    return counts > 0;
  });
}

/** All transfers. What waits is among what is active. */
export async function total(window) {
  const filters = ['active', 'paused', 'failed', 'done'];
  const pages = await Promise.all(filters.map((filter) => window.ask('transfers', { filter, after: null, limit: 50 })));
  return { counts: pages.reduce((sum, page) => sum + page.total, 0), rows: pages.flatMap((page) => page.rows) };
}

export const only = async (window) => (await total(window)).rows[0];

export async function verified(window, name) {
  await window.click('nav-done');
  return window.row(name, 'done_verified');
}

/** The two checksums of the drawer, once the row is chosen. */
export async function checksums(window, name) {
  await window.click(`[data-testid="transfer-row"][data-name="${name}"]`);
  return [await window.text('source-crc'), await window.text('target-crc')];
}
