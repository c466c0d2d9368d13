// The real window as a citizen of its desktop: started twice, moved, closed while it works, in the tray, dropped on.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Seat, SessionBus, hasEnded } from './desk.mjs';
import { makeFile, MIB } from './files.mjs';
import { connect, journeysOn, only, SLOW, total, upload, verified } from './journey.mjs';
import { until } from './window.mjs';

/** Wider than the window, so that there is a desktop beside it. */
const journey = journeysOn('1600x1000');
/** Where the stand-in of a file manager is. */
const BESIDE_X = 1450;
/** Over the middle of the window. */
const OVER = [640, 400];

/** The window is gone before the click is over, so WebDriver's own would wait for it in vain. */
async function intoTheTray(window, seat) {
  await seat.close();
  await window.find('quit-tray');
  await window.run(() => void setTimeout(() => document.querySelector('[data-testid="quit-tray"]').click()));
  await until('the window to be gone', async () => (await seat.tern()) === undefined);
}

async function moving(window, path) {
  await connect(window);
  await upload(window, makeFile(path('film.bin'), 90 * MIB));
  await until('a part to be there', async () => (await only(window)).done_bytes > 0);
}

journey('a second start brings the first to the front and gives it its files', async ({ open, path }) => {
  const first = makeFile(path('given at the start.bin'), 1000);
  const window = await open({ args: [first] });
  await window.click('practice');
  await until('the file of the first start', async () => /given at the start\.bin/.test(await window.says('upload-sheet')));
  await window.click('copy-bucket-practice');
  await window.click('upload-confirm');

  await window.click('bucket-practice');
  makeFile(path('报告 #1 100%.txt'), 2000);
  makeFile(path('b.txt'), 3000);
  // A path of the place where it is started, and an address as some desktops give them.
  const address = `file://${path('报告 #1 100%.txt').split('/').map(encodeURIComponent).join('/')}`;
  assert.equal(await window.startAgain(address, 'b.txt'), 0);
  await until('the sheet of the bucket that is shown', async () => /tos:\/\/practice\//.test(await window.says('upload-sheet')));
  assert.match(await window.says('upload-sheet'), /报告 #1 100%\.txt.*b\.txt/s);
  await window.picture('given-files');
  await window.click('upload-confirm');
  await until('all of them to be verified', async () => {
    const { rows } = await total(window);
    return rows.length === 3 && rows.every((row) => row.state === 'done_verified');
  });
  await window.find(window.object('报告 #1 100%.txt'));

  assert.equal(await window.startAgain(path('gone.txt')), 0);
  await until('what is gone to be named', async () => /gone\.txt is no longer there/.test(await window.says('toast')));
  assert.notEqual(await window.startAgain('--no-such-option'), 0);
});

journey('two data folders are two windows, and a third start finds its own', async ({ open, path }) => {
  const one = await open();
  mkdirSync(path('other'));
  const other = await open({ folder: path('other') });
  makeFile(path('other/mine.txt'), 100);
  await one.click('practice');
  await other.click('practice');
  assert.equal(await other.startAgain('mine.txt'), 0);
  await other.find('upload-sheet');
  assert.equal(await one.has('upload-sheet'), false);
});

journey('the window opens where it was, and on the screen that there is', async ({ open, path, display }) => {
  const seat = new Seat(display);
  const first = await open();
  const id = await seat.tern();
  await seat.act('windowsize', '--sync', id, 1000, 700);
  await seat.act('windowmove', '--sync', id, 150, 90);
  const file = path('data/window.json');
  const kept = () => JSON.parse(readFileSync(file, 'utf8'));
  await until('the place to be remembered', () => {
    const { x, y, width, height } = kept();
    return x === 150 && y === 90 && width === 1000 && height === 700;
  });
  // Also after a crash.
  await first.kill();
  const second = await open();
  await until('the window to be where it was', async () => (await seat.place()).join() === '150,90,1000,700');
  await second.close();

  writeFileSync(file, JSON.stringify({ ...kept(), x: 5000, y: 3000 }));
  const third = await open();
  const [x, y, width, height] = await seat.place();
  assert.ok(x >= 0 && y >= 0 && x + width <= 1600 && y + height <= 1000, `${x},${y} ${width} × ${height}`);
  await third.close();
});

journey('closing while transfers run asks; to quit is to go on at the next start', async ({ open, path, display }) => {
  const seat = new Seat(display);
  const window = await open({ environment: SLOW });
  await moving(window, path);
  const before = await window.ask('transfer_detail', { id: (await only(window)).id });
  const pid = await seat.pid();

  await seat.close();
  await window.find('quit-sheet');
  assert.match(await window.says('quit-sheet'), /1 transfer is not finished\./);
  assert.equal(await window.has('quit-tray'), false, 'there is no tray on this desktop');
  await window.picture('quit-while-active');
  await window.click('quit-stay');
  assert.equal(hasEnded(pid), false);

  await seat.close();
  await window.find('quit-sheet');
  await window.find('quit-pause');
  // A moment later: the app may be gone before the driver has answered a click.
  await window.run(() => void setTimeout(() => document.querySelector('[data-testid="quit-pause"]').click(), 100));
  await until('the app to end', () => hasEnded(pid));
  await window.close();

  const second = await open({ environment: SLOW });
  await until('the same upload to go on', async () => (await only(second))?.state === 'transferring');
  const again = await second.ask('transfer_detail', { id: before.row.id });
  assert.equal(again.upload_id, before.upload_id);
  assert.ok(again.row.done_bytes >= before.row.done_bytes, 'nothing that was there is gone');

  // The end of a session, or a kill, is an end in order as well: nothing that was recorded is sent again.
  process.kill(await seat.pid(), 'SIGTERM');
  await until('the app to end', () => hasEnded(pid));
  await second.close();
  const third = await open();
  await verified(third, 'film.bin');
  const after = await third.ask('transfer_detail', { id: before.row.id });
  assert.equal(after.upload_id, before.upload_id);
  assert.ok(after.parts_reused > 0);
});

journey('closing while nothing runs just closes', async ({ open, display }) => {
  const seat = new Seat(display);
  const window = await open();
  await connect(window);
  const pid = await seat.pid();
  await seat.close();
  await until('the app to end', () => hasEnded(pid));
  await window.close();
});

journey('in the tray it goes on, says when it is done, and comes back', async ({ open, path, display }) => {
  const seat = new Seat(display);
  const bus = await SessionBus.open();
  try {
    const window = await open({ environment: { ...SLOW, DBUS_SESSION_BUS_ADDRESS: bus.address } });
    await moving(window, path);
    const menu = await until('the tray', async () => (await bus.ask('tray'))?.filter(({ label }) => label));
    assert.deepEqual(menu.map(({ label }) => label), ['Open Tern', 'Pause all', 'Resume all', 'Quit']);

    await intoTheTray(window, seat);

    await bus.ask('choose', 'Pause all');
    await until('it to be paused', async () => (await only(window)).state === 'paused');
    await until('the menu to offer to resume', async () =>
      (await bus.ask('tray')).some(({ label, enabled }) => label === 'Resume all' && enabled),
    );
    await bus.ask('choose', 'Resume all');
    await until('it to be verified', async () => (await only(window)).state === 'done_verified');

    const notices = await until('a notice', async () => {
      const all = await bus.ask('notices');
      return all.length > 0 && all;
    });
    assert.deepEqual(
      notices.map(({ app, title, body, actions }) => ({ app, title, body, actions })),
      [{ app: 'Tern', title: 'film.bin is done', body: 'Done, verified', actions: ['default', 'Open Tern'] }],
      'one notice for the upload, none for the pause of the user',
    );
    await bus.ask('click', notices[0].id);
    await until('a click on it to bring the window back', () => seat.tern());

    // In Chinese, the tray speaks it too.
    const settings = await window.ask('get_settings');
    await window.ask('set_settings', { settings: { ...settings, language: 'zh' } });
    await window.close();
    const second = await open({ environment: { ...SLOW, DBUS_SESSION_BUS_ADDRESS: bus.address } });
    await until('a Chinese menu', async () => (await bus.ask('tray'))?.some(({ label }) => label === '打开 Tern'));
    makeFile(path('<b>&.bin'), 30 * MIB);
    await second.click('bucket-practice');
    await upload(second, path('<b>&.bin'));
    await intoTheTray(second, seat);
    // The panel goes away: nobody could bring the window back, so it comes by itself.
    await bus.ask('no-tray');
    await until('the window to come back', () => seat.tern());
  } finally {
    await bus.close();
  }
});

journey('what fails is told with its reason, as text', async ({ open, path, display }) => {
  const seat = new Seat(display);
  const bus = await SessionBus.open();
  try {
    const environment = { TERN_PRACTICE: 'mbps=2', DBUS_SESSION_BUS_ADDRESS: bus.address };
    const window = await open({ environment });
    await connect(window);
    const name = '<b>&amp;.bin';
    await upload(window, makeFile(path(name), 50 * MIB));
    await until('the tray', async () => await bus.ask('tray'));
    await until('it to move', async () => (await only(window)).state === 'transferring');
    await intoTheTray(window, seat);
    rmSync(path(name));
    const [notice] = await until('a notice', async () => {
      const all = await bus.ask('notices');
      return all.length > 0 && all;
    });
    assert.equal(notice.title, '1 transfer needs you');
    assert.match(notice.body, /^&lt;b&gt;&amp;amp;\.bin: .*is no longer there/);
  } finally {
    await bus.close();
  }
});

journey('on battery everything waits where its user wants that, and goes on when it is plugged in', async ({ open, path }) => {
  const bus = await SessionBus.open();
  try {
    const window = await open({ environment: { TERN_PRACTICE: 'mbps=2', DBUS_SYSTEM_BUS_ADDRESS: bus.address } });
    await moving(window, path);
    await bus.ask('battery', true);
    await pause(2_000);
    assert.equal((await only(window)).state, 'transferring', 'nobody has asked for it');
    const settings = await window.ask('get_settings');
    await window.ask('set_settings', { settings: { ...settings, wait_on_battery: true } });
    await until('it to wait', async () => (await only(window)).state === 'waiting');
    assert.deepEqual((await only(window)).limit, { bytes_s: 0, source: 'battery', until_ms: null });
    await until('the reason', async () => /Waiting: on battery/.test(await window.says('limit-chip')));
    await window.picture('on-battery');
    const { done_bytes } = await only(window);
    await bus.ask('battery', false);
    await until('it to go on', async () => {
      const row = await only(window);
      return row.state === 'transferring' && row.done_bytes > done_bytes;
    });
    assert.ok((await only(window)).done_bytes >= done_bytes, 'nothing is sent again');
  } finally {
    await bus.close();
  }
});

journey('files are dropped on the window with their real paths', async ({ open, path, display }) => {
  const seat = new Seat(display);
  const window = await open();
  await connect(window);
  const files = [makeFile(path('dropped 1.bin'), 1000), makeFile(path('报告 2.txt'), 2000)];

  const away = await seat.drag(BESIDE_X, files, OVER);
  await window.find('drop-overlay');
  await window.picture('drop-overlay');
  await away.leave();
  await until('the overlay to be gone', async () => !(await window.has('drop-overlay')));
  assert.equal((await total(window)).counts, 0, 'a drag that leaves does nothing');

  const drag = await seat.drag(BESIDE_X, [...files, path('gone.bin')], OVER);
  await window.find('drop-overlay');
  await until('what is held to be counted', async () =>
    /Upload 2 files to tos:\/\/practice\/.*1 item cannot be read/s.test(await window.says('drop-overlay')),
  );
  await drag.drop();
  await until('what is gone to be named', async () => /gone\.bin is no longer there/.test(await window.says('toast')));
  await until('both to be verified', async () => {
    const { rows } = await total(window);
    return rows.length === 2 && rows.every((row) => row.state === 'done_verified');
  });
  const { rows } = await total(window);
  assert.deepEqual(rows.map(({ from }) => from).sort(), files.toSorted());
  assert.equal(await window.has('drop-overlay'), false);

  // A picture out of a browser has an address and no path.
  const link = await seat.drag(BESIDE_X, ['https://example.invalid/a.png'], OVER);
  await link.drop();
  await until('it to say so', async () => /no file on this computer/.test(await window.says('toast')));
});

journey('the webview keeps its own menu, its keys and its links to itself', async ({ open, display }) => {
  const seat = new Seat(display);
  const window = await open();
  await connect(window);
  await seat.act('windowfocus', '--sync', await seat.tern());
  await window.run(() => (window.stillHere = true));
  const here = await window.run(() => location.href);

  const menus = async (selector) => {
    const before = (await seat.windows()).length;
    const [x, y] = await window.run((at) => {
      const { left, top, width, height } = document.querySelector(at).getBoundingClientRect();
      return [left + width / 2, top + height / 2].map(Math.round);
    }, selector);
    await seat.act('mousemove', '--sync', x, y).catch(() => undefined);
    await seat.act('click', 3);
    const opened = await until('a menu', async () => (await seat.windows()).length > before, 1_500).catch(() => false);
    if (opened) await seat.act('key', 'Escape');
    return opened;
  };
  await window.click('limit-chip');
  // It grows upwards when its last part has come.
  await window.find('timetable');
  assert.equal(await menus('[data-testid="limits-popover"] input:not([type="range"])'), true, 'a field keeps its menu');
  await window.type('limit-up', '\uE00C');
  assert.equal(await menus('[data-testid="rail"]'), false, 'nothing else has one');

  for (const key of ['F5', 'ctrl+r', 'ctrl+shift+r', 'ctrl+p', 'ctrl+f', 'F7', 'alt+Left']) await seat.act('key', key);
  await window.run(() => {
    location.href = 'https://example.invalid/';
  });
  await window.run(() => {
    const link = document.body.appendChild(document.createElement('a'));
    Object.assign(link, { href: 'file:///etc/hostname', target: '_blank' });
    link.click();
    link.remove();
  });
  assert.equal(await window.run(() => window.open('https://example.invalid/') === null), true);
  assert.equal(await window.run(() => window.stillHere), true, 'it was not loaded anew');
  assert.equal(await window.run(() => location.href), here);
  await window.find('rail');
});
