// Limits on the mock backend, in headless Chromium: by the pointer, and a second time by the keyboard alone.
// Screenshots go to ../artifacts/window (not in git).
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const ARTIFACTS = fileURLToPath(new URL('../../artifacts/window', import.meta.url));
const MIB = 1024 ** 2;
/** Saturday 15:30 in Shanghai. */
const NOW = '2026-11-21T15:30:00+08:00';

let server;
let browser;
let page;
let faults = [];

before(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  server = await serve();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});

after(async () => {
  await browser?.close();
  await server?.close();
});

afterEach(async () => {
  await page?.close();
  page = undefined;
  assert.deepEqual(faults, []);
});

async function open({ width = 1280, height = 800, theme = 'light', lang = 'en' } = {}) {
  faults = [];
  page = await browser.newPage({ viewport: { width, height }, timezoneId: 'Asia/Shanghai' });
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('favicon')) faults.push(message.text());
  });
  await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
  await page.clock.install({ time: new Date(NOW) });
  await page.goto(`${server.url}?mock=studio&theme=${theme}&lang=${lang}`);
  await at('transfer-row').first().waitFor();
}

const at = (id) => page.getByTestId(id);
const pass = (ms) => page.clock.runFor(ms);
const world = (read, argument) => page.evaluate(`(${read})(window.ternMock.simulation, ${JSON.stringify(argument)})`);
const text = async (id) => (await at(id).textContent()).replace(/\s+/g, ' ').trim();
const cellBox = (day, hour) => page.locator(`[data-cell="${day * 24 + hour}"]`).boundingBox();
const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];

/** Monday to Saturday, 9 to 19. */
function workingHours() {
  return Array.from({ length: 168 }, (_, i) => (i < 144 && i % 24 >= 9 && i % 24 < 19 ? 'l' : 'f')).join('');
}

test('a limit and a timetable are set by the pointer, act, and say why and until when', async () => {
  await open();
  await at('limit-chip').click();
  await at('timetable').waitFor();
  assert.match(await text('limit-now'), /^No limit applies/);
  await at('limit-up-field').fill('20');
  await pass(1000);
  assert.equal(await world((mock) => mock.limits.upload_bytes_s), 20 * MIB);
  assert.match(await text('limit-now'), /Uploads are held to 20 MiB\/s by your setting, until you change it\./);
  assert.ok((await world((mock) => mock.pulse().upload_bytes_s)) <= 20 * MIB);

  // A block from its one corner to the other.
  await page.mouse.move(...middle(await cellBox(0, 9)));
  await page.mouse.down();
  await page.mouse.move(...middle(await cellBox(3, 12)));
  await page.mouse.move(...middle(await cellBox(5, 18)));
  await page.mouse.up();
  await pass(1000);
  assert.equal(await world((mock) => mock.speed.timetable), workingHours());
  assert.ok(await at('timetable-switch').isChecked());
  assert.match(await text('limit-now'), /Uploads are held to 20 MiB\/s by the timetable until today 19:00\./);
  assert.equal(await text('limit-chip'), 'Limit 20 MiB/s until 19:00');
  await page.screenshot({ path: `${ARTIFACTS}/limits-timetable.png` });

  const failed = await world((mock) => mock.counts().failed);
  await at('timetable-brush-stop').click();
  await page.mouse.click(...middle(await cellBox(5, 15)));
  await pass(1000);
  assert.equal(await text('limit-chip'), 'Stopped until 16:00');
  assert.equal(await world((mock) => mock.pulse().upload_bytes_s + mock.pulse().download_bytes_s), 0);
  assert.equal(await world((mock) => mock.counts().failed), failed, 'a stop fails nothing');
  await at('full-speed').click();
  await pass(2000);
  assert.match(await text('full-speed-left'), /^59:5\d$/);
  assert.ok((await world((mock) => mock.pulse().upload_bytes_s)) > 20 * MIB);
  assert.equal(await text('limit-chip'), 'Full speed until 16:30');
  await at('full-speed').click();
  await pass(1000);
  assert.equal(await text('limit-chip'), 'Stopped until 16:00');
});

test('the keyboard alone sets a limit, stops, paints, takes back and closes', async () => {
  await open({ width: 900, height: 560, lang: 'zh', theme: 'dark' });
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? document.activeElement?.getAttribute('data-cell') ?? '');
  const tabTo = async (wanted) => {
    for (let i = 0; i < 60; i += 1) {
      if ((await focused()) === wanted) return;
      await press('Tab');
    }
    assert.fail(`no way to ${wanted}, the focus is at ${await focused()}`);
  };
  await press('Control+b');
  await at('timetable').waitFor();
  await tabTo('limit-up-field');
  await page.keyboard.type('20');
  await tabTo('limit-up');
  await press('PageDown');
  await pass(1000);
  assert.equal(await world((mock) => mock.limits.upload_bytes_s), 10 * MIB);
  await tabTo('limit-down-stop');
  await press('Enter');
  await pass(1000);
  assert.equal(await world((mock) => mock.pulse().download_bytes_s), 0);
  assert.match(await text('limit-now'), /下载已停止/);
  await tabTo('0');
  await page.keyboard.down('Shift');
  await press('ArrowRight', 'ArrowDown');
  await page.keyboard.up('Shift');
  await pass(1000);
  assert.equal(await world((mock) => [0, 1, 24, 25].map((at) => mock.speed.timetable[at]).join('')), 'llll');
  await press('Control+z');
  await pass(1000);
  assert.ok(!(await world((mock) => mock.speed.timetable)).includes('l'));
  await page.screenshot({ path: `${ARTIFACTS}/limits-keyboard-dark-zh.png` });
  await press('Escape');
  await at('limits-popover').waitFor({ state: 'detached' });
});

test('a transfer gets a limit of its own from its row, and the lowest holds', async () => {
  await open();
  const first = at('transfer-row').first();
  await first.hover();
  await first.getByTestId('row-limit').click();
  await page.keyboard.type('2');
  await pass(1500);
  assert.equal(await world((mock) => mock.detail(1).row.speed_bytes_s), 2 * MIB);
  assert.match(await text('own-limit-note'), /Held back by this transfer’s 2 MiB\/s limit\./);
  await page.keyboard.press('Escape');
  await at('own-limit-popover').waitFor({ state: 'detached' });
  await at('limit-chip').click();
  assert.match(await text('limit-now'), /One transfer has its own limit of 2 MiB\/s\./);
  await page.screenshot({ path: `${ARTIFACTS}/limits-own.png` });
});
