// Limits on the mock backend: by the pointer, and a second time by the keyboard alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './stage.mjs';

const on = stage();
const { at, press, shot, type, world } = on;
const MIB = 1024 ** 2;
/** Saturday 15:30 in Shanghai. */
const NOW = '2026-11-21T15:30:00+08:00';

async function openList(options) {
  await on.open('mock=studio', { begins: NOW, ...options });
  await at('transfer-row').first().waitFor();
}

const pass = (ms) => on.page.clock.runFor(ms);
const text = async (id) => (await at(id).textContent()).replace(/\s+/g, ' ').trim();
const cellBox = (day, hour) => on.page.locator(`[data-cell="${day * 24 + hour}"]`).boundingBox();
const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];

/** Monday to Saturday, 9 to 19. */
function workingHours() {
  return Array.from({ length: 168 }, (_, i) => (i < 144 && i % 24 >= 9 && i % 24 < 19 ? 'l' : 'f')).join('');
}

test('a limit and a timetable are set by the pointer, act, and say why and until when', async () => {
  await openList();
  await at('limit-chip').click();
  await at('timetable').waitFor();
  assert.match(await text('limit-now'), /^No limit applies/);
  await at('limit-up-field').fill('20');
  await pass(1000);
  assert.equal(await world(({ simulation }) => simulation.limits.upload_bytes_s), 20 * MIB);
  assert.match(await text('limit-now'), /Uploads are held to 20 MiB\/s by your setting, until you change it\./);
  assert.ok((await world(({ simulation }) => simulation.pulse().upload_bytes_s)) <= 20 * MIB);

  // A block from its one corner to the other.
  await on.page.mouse.move(...middle(await cellBox(0, 9)));
  await on.page.mouse.down();
  await on.page.mouse.move(...middle(await cellBox(3, 12)));
  await on.page.mouse.move(...middle(await cellBox(5, 18)));
  await on.page.mouse.up();
  await pass(1000);
  assert.equal(await world(({ simulation }) => simulation.speed.timetable), workingHours());
  assert.ok(await at('timetable-switch').isChecked());
  assert.match(await text('limit-now'), /Uploads are held to 20 MiB\/s by the timetable until today 19:00\./);
  assert.equal(await at('limit-chip').innerText(), 'Limit 20 MiB/s until 19:00');
  await shot('limits-timetable');

  const failed = await world(({ simulation }) => simulation.pulse().counts.failed);
  await at('timetable-brush-stop').click();
  await on.page.mouse.click(...middle(await cellBox(5, 15)));
  await pass(1000);
  assert.equal(await at('limit-chip').innerText(), 'Stopped until 16:00');
  assert.equal(await world(({ simulation }) => simulation.pulse().upload_bytes_s + simulation.pulse().download_bytes_s), 0);
  assert.equal(await world(({ simulation }) => simulation.pulse().counts.failed), failed, 'a stop fails nothing');
  await at('full-speed').click();
  await pass(2000);
  assert.match(await text('full-speed-left'), /^59:5\d$/);
  assert.ok((await world(({ simulation }) => simulation.pulse().upload_bytes_s)) > 20 * MIB);
  assert.equal(await at('limit-chip').innerText(), 'Full speed until 16:30');
  await at('full-speed').click();
  await pass(1000);
  assert.equal(await at('limit-chip').innerText(), 'Stopped until 16:00');
});

test('the keyboard alone sets a limit, stops, paints, takes back and closes', async () => {
  await openList({ width: 900, height: 560, lang: 'zh', theme: 'dark' });
  const focusedCell = () => on.page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? document.activeElement?.getAttribute('data-cell') ?? '');
  const tabTo = async (wanted) => {
    for (let i = 0; i < 60; i += 1) {
      if ((await focusedCell()) === wanted) return;
      await press('Tab');
    }
    assert.fail(`no way to ${wanted}, the focus is at ${await focusedCell()}`);
  };
  await press('Control+b');
  await at('timetable').waitFor();
  await tabTo('limit-up-field');
  await type('20');
  await tabTo('limit-up');
  await press('PageDown');
  await pass(1000);
  assert.equal(await world(({ simulation }) => simulation.limits.upload_bytes_s), 10 * MIB);
  await tabTo('limit-down-stop');
  await press('Enter');
  await pass(1000);
  assert.equal(await world(({ simulation }) => simulation.pulse().download_bytes_s), 0);
  assert.match(await text('limit-now'), /下载已停止/);
  await tabTo('0');
  await on.page.keyboard.down('Shift');
  await press('ArrowRight', 'ArrowDown');
  await on.page.keyboard.up('Shift');
  await pass(1000);
  assert.equal(await world(({ simulation }) => [0, 1, 24, 25].map((at) => simulation.speed.timetable[at]).join('')), 'llll');
  await press('Control+z');
  await pass(1000);
  assert.ok(!(await world(({ simulation }) => simulation.speed.timetable)).includes('l'));
  await shot('limits-keyboard-dark-zh');
  await press('Escape');
  await at('limits-popover').waitFor({ state: 'detached' });
});

test('a transfer gets a limit of its own from its row, and the lowest holds', async () => {
  await openList();
  const first = at('transfer-row').first();
  await first.hover();
  await first.getByTestId('row-limit').click();
  await type('2');
  await pass(1500);
  assert.equal(await world(({ simulation }) => simulation.detail(1).row.speed_bytes_s), 2 * MIB);
  assert.match(await text('own-limit-note'), /Held back by this transfer’s 2 MiB\/s limit\./);
  await press('Escape');
  await at('own-limit-popover').waitFor({ state: 'detached' });
  await at('limit-chip').click();
  assert.match(await text('limit-now'), /One transfer has its own limit of 2 MiB\/s\./);
  await shot('limits-own');
});

test('what is said at the foot of the window keeps off the limits, and off a drawer over the list', async () => {
  const apart = async (one, other) => {
    const [a, b] = [await at(one).boundingBox(), await at(other).boundingBox()];
    return a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
  };
  for (const size of [{ width: 900, height: 560 }, { width: 1280, height: 800 }]) {
    await openList(size);
    await at('nav-done').click();
    await at('transfer-row').first().click();
    await press('Shift+Delete');
    await at('toast').waitFor();
    await press('Control+b');
    await at('limits-popover').waitFor();
    assert.ok(await apart('toast', 'limits-popover'), `the limits at ${size.width}`);
    await press('Escape');
    await at('nav-active').click();
    await at('transfer-row').first().click();
    if (!(await at('drawer').isVisible())) await press('Space');
    await at('drawer').waitFor();
    assert.ok(await apart('toast', 'drawer'), `the drawer at ${size.width}`);
  }
});
