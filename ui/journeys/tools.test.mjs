// The screens under Tools, through the built window on the mock: leftover parts and receipts, also by keyboard alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './stage.mjs';

const on = stage();
const { open, at, focused, overflow, press, shot, type, until } = on;
const FILM = 'documentary/黄河/EP03_master_ProRes4444_4K.mov';
const FILE = '/home/lin/素材/EP03_master_ProRes4444_4K.mov';

const row = (key) => on.page.locator(`[data-testid="leftover-row"][data-key="${key}"]`);
const picks = (file) => on.page.evaluate((path) => void (window.ternMock.pickFiles = async () => [path]), file);
const counts = () => on.page.evaluate(() => window.ternMock.simulation.pulse().counts);

test('an upload of somebody else is compared with a file, adopted, and becomes a transfer', async () => {
  await open('mock=studio');
  await at('nav-leftovers').click();
  await row(FILM).waitFor();
  await picks('/home/lin/other.mov');
  await row(FILM).getByTestId('leftover-find').click();
  await at('leftover-panel').getByText('does not fit /home/lin/other.mov').waitFor();
  await picks(FILE);
  await row(FILM).getByTestId('leftover-find').click();
  await row(FILM).getByTestId('leftover-adopt').waitFor();
  await shot('leftovers');
  const before = (await counts()).waiting;
  await row(FILM).getByTestId('leftover-adopt').click();
  await at('toast').waitFor();
  assert.equal((await counts()).waiting, before + 1);
  await row(FILM).getByTestId('leftover-show').waitFor();
});

test('an abort is asked for, waits, and is taken back', async () => {
  await open('mock=studio');
  await at('nav-leftovers').click();
  const key = 'tmp/db-dump-manual.sql.gz';
  await row(key).getByText('38.2 GiB').waitFor();
  await row(key).getByTestId('leftover-abort').click();
  assert.equal(await focused(), 'confirm-keep');
  assert.match(await at('confirm').textContent(), /begun 156 days ago, and delete the 38\.2 GiB that it holds\?/);
  await at('confirm-do').click();
  await row(key).getByText('aborted in 10 s').waitFor();
  await at('toast').getByText('Undo').click();
  await row(key).getByTestId('leftover-find').waitFor();
});

test('by keyboard alone: leftover parts from the rail to a clean-up', async () => {
  await open('mock=studio');
  await at('transfer-row').first().waitFor();
  await press('Control+3');
  await row(FILM).waitFor();
  await picks(FILE);
  await press('F6');
  for (let n = 0; n < 3 && (await focused()) !== 'leftover-list'; n += 1) await press('F6');
  assert.equal(await focused(), 'leftover-list');
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await press(key);
  await at('leftover-panel').waitFor();
  await press('Enter');
  await row(FILM).getByTestId('leftover-adopt').waitFor();
  await press('Delete');
  await at('confirm').waitFor();
  await press('Escape');
  await at('confirm').waitFor({ state: 'detached' });
  assert.equal(await focused(), 'leftover-list');
  await press('Enter');
  await at('toast').waitFor();
  // The buttons of a row are one Tab away from the list.
  await press('Tab');
  assert.match(await focused(), /^leftover-/);
  await at('clean-up').focus();
  await press('Enter');
  await at('clean-up-sheet').waitFor();
  await at('clean-up-days').focus();
  await press('Control+a');
  await type('100');
  await until(() => /Abort 2 uploads/.test(document.querySelector('[data-testid="clean-up-do"]').textContent));
  await shot('clean-up');
  await at('clean-up-do').focus();
  await press('Enter');
  await at('clean-up-sheet').waitFor({ state: 'detached' });
  await row('tmp/db-dump-manual.sql.gz').waitFor({ state: 'detached' });
});

test('a receipt is chosen, checked again, found wanting, and saved', async () => {
  await open('mock=studio');
  await at('nav-receipts').click();
  await at('history-row').nth(3).click();
  await at('history-row').nth(5).click({ modifiers: ['Shift'] });
  await until(() => document.querySelectorAll('[data-testid="paper-row"]').length === 3);
  await on.page.evaluate(() => window.ternMock.receipts.spoilt.gone.add('通告单与场记_第4天.zip'));
  await at('paper-check').click();
  await on.page.locator('[data-testid="paper-verdict"][data-tone="bad"]').waitFor();
  assert.match(await on.page.locator('[data-testid="paper-row"][data-name="通告单与场记_第4天.zip"]').textContent(), /Not there any more/);
  await shot('receipt');
  await at('paper-json').click();
  await at('toast').waitFor();
  assert.match(await on.page.evaluate(() => window.ternMock.receipts.saved[0]), /\.json$/);
});

test('by keyboard alone: the history is searched, a receipt is opened and folded out', async () => {
  await open('mock=studio');
  await at('nav-receipts').focus();
  await press('Enter');
  await at('paper').waitFor();
  await at('history-search').focus();
  await type('第31天');
  await until(() => document.querySelectorAll('[data-testid="history-row"]').length === 1);
  await press('ArrowDown');
  assert.equal(await focused(), 'history-list');
  await press('ArrowDown');
  await at('paper').getByRole('heading', { name: '通告单与场记_第31天.zip' }).waitFor();
  await press('Enter');
  assert.equal(await focused(), 'paper-list');
  await at('paper-details').waitFor();
  await press('Escape');
  await at('paper-details').waitFor({ state: 'detached' });
});

test('few elements, and nothing sticks out, at 900 × 560 and at 200 %, in either language', async () => {
  for (const [lang, theme, width, height] of [
    ['en', 'light', 900, 560],
    ['zh', 'dark', 900, 560],
    ['en', 'dark', 640, 400],
  ]) {
    await open('mock=studio', { width, height, lang, theme });
    await at('nav-leftovers').click();
    await at('leftover-row').first().waitFor();
    await at('leftover-row').first().click({ position: { x: 60, y: 12 } });
    await at('leftover-panel').waitFor();
    assert.equal(await overflow(), 0);
    await shot(`leftovers-${width}-${lang}`);
    await at('nav-receipts').click();
    await at('paper').waitFor();
    await at('export-all').click();
    await until(() => document.querySelectorAll('[data-testid="paper-row"]').length > 3);
    assert.equal(await overflow(), 0);
    assert.ok((await on.page.evaluate(() => document.querySelectorAll('[role="row"]').length)) < 100);
    await shot(`receipts-${width}-${lang}`);
  }
});
