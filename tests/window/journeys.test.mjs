// Journeys through the real window: the built app, the real engine, the practice server in it, a virtual screen.
// Each has a folder of its own; pictures go to artifacts/real-window (not in git).
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openDisplay, openFolder } from './display.mjs';
import { digest, makeFile, MIB } from './files.mjs';
import { ARTIFACTS, until, Window } from './window.mjs';

/** Slow enough to look at, fast enough to wait for: megabytes a second, both ways together. */
const SLOW = { TERN_PRACTICE: 'mbps=10,copy_mbps=40' };

let display;

before(async () => {
  display = await openDisplay();
});

after(() => display?.close());

/** A journey: what it opens is closed at its end, whatever happened. */
function journey(name, walk) {
  test(name, { timeout: 240_000 }, async () => {
    const folder = await openFolder();
    const opened = [];
    const open = async (options = {}) => {
      const window = await Window.open({ display: display.name, folder: folder.path, ...options });
      opened.push(window);
      return window;
    };
    const path = (file) => join(folder.path, file);
    try {
      await walk({ open, path });
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

async function connect(window) {
  await window.click('practice');
  await window.click('bucket-practice');
  await window.find('upload');
  await window.find('browser-status');
}

/** Uploads into the bucket that is shown and looks at the list of what is active. */
async function upload(window, path) {
  window.willPick(path);
  await window.click('upload');
  await until('the upload to be in the engine', async () => {
    const { counts } = await total(window);
    return counts > 0;
  });
}

async function total(window) {
  const filters = ['active', 'waiting', 'paused', 'failed', 'done'];
  const pages = await Promise.all(filters.map((filter) => window.ask('transfers', { filter, after: null, limit: 50 })));
  return { counts: pages.reduce((sum, page) => sum + page.total, 0), rows: pages.flatMap((page) => page.rows) };
}

const only = async (window) => (await total(window)).rows[0];

async function verified(window, name) {
  await window.click('nav-done');
  return window.row(name, 'done_verified');
}

/** The two checksums of the drawer, once the row is chosen. */
async function checksums(window, name) {
  await window.click(`[data-testid="transfer-row"][data-name="${name}"]`);
  return [await window.text('source-crc'), await window.text('target-crc')];
}

journey('a person without an account is on the practice bucket after one click', async ({ open }) => {
  const window = await open();
  await window.picture('first-run');
  await connect(window);
  assert.equal(await window.text('practice-chip'), 'Practice');
  assert.ok(await window.has('bucket-practice-copy'));
  await window.picture('practice-bucket');
});

journey('an upload is seen to be verified, with the same checksum at both ends', async ({ open, path }) => {
  const window = await open();
  await connect(window);
  await upload(window, makeFile(path('报告 2026.bin'), 45 * MIB));
  await verified(window, '报告 2026.bin');
  const [source, target] = await checksums(window, '报告 2026.bin');
  assert.match(source, /^\d{10,20}$/);
  assert.equal(target, source);
  await window.picture('verified');
  await window.click('bucket-practice');
  await window.find(window.object('报告 2026.bin'));
});

journey('a paused upload moves nothing and goes on where it was', async ({ open, path }) => {
  const window = await open({ environment: SLOW });
  await connect(window);
  await upload(window, makeFile(path('film.bin'), 90 * MIB));
  await window.click('nav-active');
  await until('a part to be there', async () => (await only(window)).done_bytes > 0);
  await window.click('[data-testid="transfer-row"][data-name="film.bin"]');
  await window.find('piece-map');
  await window.picture('transferring');
  await window.click('drawer-pause');
  await window.click('nav-paused');
  await window.row('film.bin', 'paused');
  const paused = await only(window);
  assert.ok(paused.done_bytes > 0 && paused.done_bytes < paused.size_bytes, JSON.stringify(paused));
  await window.picture('paused');

  await window.click('[data-testid="transfer-row"][data-name="film.bin"]');
  await window.click('drawer-resume');
  await verified(window, 'film.bin');
  const detail = await window.ask('transfer_detail', { id: paused.id });
  assert.ok(detail.parts_sent >= 5 && detail.parts_sent <= 10, `5 parts, sent ${detail.parts_sent} times`);
});

journey('the app is killed in the middle, opened again, and the upload ends verified', async ({ open, path }) => {
  const first = await open({ environment: SLOW });
  await connect(first);
  await upload(first, makeFile(path('film.bin'), 110 * MIB));
  await first.click('nav-active');
  await until('a part to be there', async () => (await only(first)).done_bytes > 0);
  const before = await first.ask('transfer_detail', { id: (await only(first)).id });
  await first.kill();

  const second = await open({ environment: SLOW });
  await second.click('nav-active');
  await second.row('film.bin', 'scanning', 'waiting', 'transferring', 'verifying');
  await second.picture('reopened');
  await verified(second, 'film.bin');
  const after = await second.ask('transfer_detail', { id: before.row.id });
  assert.equal(after.upload_id, before.upload_id, 'it is the same upload');
  assert.ok(after.parts_reused > 0, JSON.stringify(after));
});

journey('killed again and again at any moment, every kind of transfer ends verified and nothing stays behind', async ({ open, path }) => {
  const kills = Number(process.env.TERN_WINDOW_KILLS ?? 5);
  const quick = await open();
  await connect(quick);
  const master = makeFile(path('master.mov'), 60 * MIB + 5);
  await upload(quick, master);
  await verified(quick, 'master.mov');
  await quick.close();

  const slow = await open({ environment: SLOW });
  await slow.click('bucket-practice');
  await upload(slow, makeFile(path('film.bin'), 60 * MIB));
  await slow.click(slow.object('master.mov'));
  await slow.click('copy-to');
  await slow.click('copy-bucket-practice-copy');
  await slow.click('copy-confirm');
  mkdirSync(path('down'));
  await slow.click('bucket-practice');
  await slow.click(slow.object('master.mov'));
  slow.willPick(path('down'));
  await slow.click('download-to');
  await slow.clear('download-folder');
  await slow.type('download-folder', path('down'));
  await slow.click('download-confirm');
  await until('all of them to be in the engine', async () => (await total(slow)).rows.length === 4);

  let window = slow;
  const moments = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const moment = Math.round(Math.random() * 2500);
    moments.push(moment);
    await pause(moment);
    await window.kill();
    window = await open({ environment: SLOW });
  }
  const said = `killed after ${moments.join(', ')} ms`;
  const { rows } = await until(`all to be verified, ${said}`, async () => {
    const now = await total(window);
    return now.rows.length === 4 && now.rows.every((row) => row.state === 'done_verified') && now;
  });
  for (const { id, kind, name } of rows) {
    const detail = await window.ask('transfer_detail', { id });
    assert.equal(detail.source_crc64, detail.target_crc64, `${kind} of ${name}, ${said}`);
    // What was under way at a kill is sent again, and nothing else.
    assert.ok(detail.parts_sent <= detail.parts.length + kills * 8, `${kind} of ${name} sent ${detail.parts_sent}, ${said}`);
  }
  assert.deepEqual(readdirSync(path('down')), ['master.mov'], said);
  assert.equal(await digest(join(path('down'), 'master.mov')), await digest(master));
  for (const bucket of ['practice', 'practice-copy']) {
    const { rows: uploads } = await window.ask('list_uploads', { bucket, prefix: '', after: null });
    assert.deepEqual(uploads, [], `nothing is left in ${bucket}, ${said}`);
  }
});

journey('what was uploaded comes down the same, byte for byte', async ({ open, path }) => {
  const window = await open();
  await connect(window);
  const source = makeFile(path('photo #1 + 100%.raw'), 30 * MIB + 17);
  await upload(window, source);
  await verified(window, 'photo #1 + 100%.raw');
  await window.click('bucket-practice');
  await window.click(window.object('photo #1 + 100%.raw'));
  mkdirSync(path('down'));
  window.willPick(path('down'));
  await window.click('download-to');
  await window.find('download-sheet');
  await window.clear('download-folder');
  await window.type('download-folder', path('down'));
  await window.picture('download');
  await window.click('download-confirm');
  await until('the file to be there', () => readdirSync(path('down')).includes('photo #1 + 100%.raw'));
  assert.deepEqual(readdirSync(path('down')), ['photo #1 + 100%.raw'], 'no temporary file stays');
  assert.equal(await digest(join(path('down'), 'photo #1 + 100%.raw')), await digest(source));
  await window.click('nav-done');
  await until('both to be verified', async () => (await total(window)).rows.every((row) => row.state === 'done_verified'));
});

journey('an object is copied inside the store, and to another region through this computer', async ({ open, path }) => {
  const window = await open();
  await connect(window);
  await upload(window, makeFile(path('master.mov'), 24 * MIB));
  await verified(window, 'master.mov');
  await window.click('bucket-practice');
  await window.click(window.object('master.mov'));
  await window.click('copy-to');
  await window.find('copy-sheet');
  await window.click('copy-bucket-practice-copy');
  await window.find('[data-testid="copy-route"][data-route="inside"]');
  await window.picture('copy');
  await window.click('copy-confirm');
  const verifiedCopies = (count) =>
    until(`${count} copies to be verified`, async () => {
      const { rows } = await total(window);
      return rows.length === 1 + count && rows.every((row) => row.state === 'done_verified');
    });
  await verifiedCopies(1);
  await window.click('bucket-practice-copy');
  await window.find(window.object('master.mov'));

  // Between regions the store cannot copy, which is said before it starts.
  await window.click(window.object('master.mov'));
  await window.click('copy-to');
  await window.click('copy-bucket-practice-far');
  await window.find('[data-testid="copy-route"][data-route="relay"]');
  await window.picture('copy-relay');
  await window.click('copy-confirm');
  await verifiedCopies(2);
  await window.click('bucket-practice-far');
  await window.find(window.object('master.mov'));
});

journey('the upload limit is obeyed while it runs, and let go again', async ({ open, path }) => {
  const window = await open({ environment: { TERN_PRACTICE: 'mbps=24' } });
  await connect(window);
  await upload(window, makeFile(path('film.bin'), 400 * MIB));
  await window.click('nav-active');
  const speed = async () => Number(await window.attribute('speed-up', 'data-bytes'));
  await until('more than 10 MB/s', async () => (await speed()) > 10e6);
  await window.click('limit-chip');
  await window.find('limits-popover');
  // Home is the slowest that the slider knows, 64 KiB/s; PageUp doubles.
  await window.type('limit-up', '\uE011\uE00E\uE00E\uE00E\uE00E');
  await until('a limit of 1 MiB/s', async () => (await window.ask('get_limits')).upload_bytes_s === MIB);
  await until('the speed to be at the limit', async () => {
    const now = await speed();
    return now > MIB * 0.5 && now <= MIB * 1.1;
  });
  await window.picture('limited');
  await window.click('limit-up-none');
  await until('no limit', async () => (await window.ask('get_limits')).upload_bytes_s === null);
  await until('the old speed', async () => (await speed()) > MIB * 4);
});

journey('the window speaks Chinese and is dark when asked to, and remembers', async ({ open, path }) => {
  const first = await open();
  await connect(first);
  await upload(first, makeFile(path('a.bin'), MIB));
  await verified(first, 'a.bin');
  const settings = await first.ask('get_settings');
  await first.ask('set_settings', { settings: { ...settings, language: 'zh', theme: 'dark' } });
  await first.close();
  const second = await open();
  await second.click('nav-done');
  await second.row('a.bin', 'done_verified');
  assert.equal(await second.run(() => document.documentElement.lang), 'zh-CN');
  assert.equal(await second.run(() => document.documentElement.dataset.theme), 'dark');
  await second.picture('chinese-dark');
});
