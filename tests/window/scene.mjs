// Scenes: journeys that share one start of the app, connected with keys to a server that is told how to fail.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openDisplay, openFolder } from './display.mjs';
import { total } from './journey.mjs';
import { Server } from './server.mjs';
import { ARTIFACTS, until, Window } from './window.mjs';

const PART_BYTES = 5 * 1024 ** 2;

/**
 * Scenes in one window, in turn. What one leaves in the lists stays there for those that come later, so each names its
 * own files, and asks for them by name. At its end the server works again, and the settings are what they were.
 */
export function scenesOn(size, buckets) {
  let display, folder, server, window, usual;
  before(async () => {
    display = await openDisplay(size);
    folder = await openFolder();
    server = await Server.open(folder.path, buckets);
    window = await Window.open({ display: display.name, folder: folder.path });
    const settings = await window.ask('get_settings');
    // Small parts, two at a time: there is something to see of files that are quick to make.
    usual = { ...settings, part_size_bytes: PART_BYTES, parallel_parts: 2 };
    await window.ask('set_settings', { settings: usual });
  });
  after(async () => {
    await window?.close();
    await server?.kill();
    await folder?.close();
    await display?.close();
  });
  return (name, act) =>
    test(name, { timeout: 240_000 }, async () => {
      try {
        await act({ window, server, settings: usual, path: (file) => join(folder.path, file) });
      } catch (error) {
        const failed = `failed-${name.replace(/\W+/g, '-')}`;
        await window.picture(failed).catch(() => undefined);
        copyFileSync(join(folder.path, 'window.log'), join(ARTIFACTS, `${failed}.log`));
        throw error;
      } finally {
        await server.revive();
        await server.mend();
        await window.ask('set_settings', { settings: usual });
      }
    });
}

/** The one row of this name, in whichever list it is. */
export async function named(window, name) {
  return (await total(window)).rows.find((row) => row.name === name);
}

/** Chooses files and uploads them to a bucket, until the engine has all of them. */
export async function send(window, bucket, ...paths) {
  await window.click(`bucket-${bucket}`);
  await window.find('browser-status');
  const before = (await total(window)).counts;
  window.willPick(...paths);
  await window.click('upload');
  await until('all of them to be in the engine', async () => (await total(window)).counts === before + paths.length);
}

/** Waits until all of these are verified. */
export function allVerified(window, ...names) {
  return until(`${names.join(', ')} to be verified`, async () => {
    const { rows } = await total(window);
    const found = names.map((name) => rows.find((row) => row.name === name));
    return found.every((row) => row?.state === 'done_verified') && found;
  });
}

/** Names in the list that is shown, from the top. */
export function shownNames(window) {
  return window.run(() => {
    const rows = [...document.querySelectorAll('[data-testid="transfer-row"]')];
    const place = (row) => Number(row.getAttribute('aria-rowindex'));
    return rows.sort((a, b) => place(a) - place(b)).map((row) => row.dataset.name);
  });
}

export const transferRow = (name) => `[data-testid="transfer-row"][data-name="${name}"]`;
