// The window without a mouse: palette, settings, help, sheets, panes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './stage.mjs';

const { open } = stage();
const focused = (page) => page.evaluate(() => document.activeElement?.dataset.testid ?? document.activeElement?.tagName);

test('the palette leads to a setting; it is changed, and Ctrl Z takes it back', async () => {
  const page = await open('mock=studio');
  const at = (id) => page.getByTestId(id);
  await at('transfer-row').first().waitFor();
  await page.keyboard.press('Control+k');
  await at('palette').waitFor();
  assert.equal(await focused(page), 'palette-field');
  await page.keyboard.type('transfers at once');
  await page.keyboard.press('Enter');
  await at('transfers-max').waitFor();
  await page.waitForFunction(() => document.activeElement.dataset.testid === 'transfers-max');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.waitForFunction(() => window.ternMock.simulation.activeMax === 8);
  await at('toast').waitFor();
  // In a text field Ctrl Z is the field's own; outside of it, it is the window's.
  await page.keyboard.press('F6');
  await page.keyboard.press('Control+z');
  await page.waitForFunction(() => window.ternMock.simulation.activeMax === 6);
});

test('the palette goes to a typed path, Back comes back', async () => {
  const page = await open('mock=studio');
  await page.getByTestId('transfer-row').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('tos://media-archive/raw/2026/11/');
  await page.keyboard.press('Enter');
  await page.locator('[data-key="raw/2026/11/A012C004_261117_R2QK.braw"]').waitFor();
  await page.keyboard.press('Alt+ArrowLeft');
  await page.getByTestId('transfer-row').first().waitFor();
});

test('sheets keep the focus inside, close on Esc and give it back', async () => {
  const page = await open('mock=studio');
  await page.getByTestId('transfer-row').first().waitFor();
  await page.getByTestId('transfer-list').focus();
  for (const [keys, sheet] of [
    ['?', 'help'],
    ['Control+k', 'palette'],
    ['Control+u', 'upload-sheet'],
  ]) {
    await page.keyboard.press(keys);
    await page.getByTestId(sheet).waitFor();
    for (let i = 0; i < 30; i += 1) {
      await page.keyboard.press('Tab');
      const inside = await page.evaluate((id) => {
        const one = document.activeElement;
        // The browser itself comes between the last and the first.
        return one === document.body || one.closest(`[data-testid="${id}"]`) !== null;
      }, sheet);
      assert.ok(inside, `${sheet} keeps the focus`);
    }
    await page.keyboard.press('Escape');
    await page.getByTestId(sheet).waitFor({ state: 'detached' });
    assert.equal(await focused(page), 'transfer-list', `${sheet} gives the focus back`);
  }
});

test('F6 goes through rail, toolbar, list, details and footer, and Shift F6 back', async () => {
  const page = await open('mock=studio');
  await page.getByTestId('transfer-row').first().click();
  await page.getByTestId('drawer').waitFor();
  await page.evaluate(() => document.activeElement.blur());
  const where = () =>
    page.evaluate(() => {
      const one = document.activeElement;
      return one.closest('nav') ? 'rail' : one.closest('.toolbar') ? 'toolbar' : one.closest('aside') ? 'details' : one.closest('footer') ? 'footer' : one.closest('.list') ? 'list' : 'nowhere';
    });
  const seen = [];
  for (let i = 0; i < 8; i += 1) {
    await page.keyboard.press('F6');
    const now = await where();
    if (seen.at(-1) !== now) seen.push(now);
  }
  for (const pane of ['rail', 'toolbar', 'list', 'details', 'footer']) assert.ok(seen.includes(pane), `${pane} among ${seen.join(' ')}`);
  assert.ok(seen.indexOf('list') < seen.indexOf('details'));
  await page.keyboard.press('Shift+F6');
  assert.notEqual(await where(), 'nowhere');
});

test('the rail is made wider by arrow keys, and stays so', async () => {
  const page = await open('mock=studio');
  await page.getByTestId('rail-edge').focus();
  const before = (await page.getByTestId('rail').boundingBox()).width;
  for (let i = 0; i < 3; i += 1) await page.keyboard.press('ArrowRight');
  assert.equal((await page.getByTestId('rail').boundingBox()).width, before + 24);
  assert.equal((await page.evaluate(() => window.ternMock.getSettings())).rail_width_px, 232);
  await page.keyboard.press('Home');
  assert.equal((await page.getByTestId('rail').boundingBox()).width, before);
});

test('the rail is made wider by its edge, within bounds', async () => {
  const page = await open('mock=studio');
  const edge = await page.getByTestId('rail-edge').boundingBox();
  await page.mouse.move(edge.x + 4, 300);
  await page.mouse.down();
  await page.mouse.move(edge.x + 600, 300, { steps: 5 });
  await page.mouse.up();
  assert.equal((await page.evaluate(() => window.ternMock.getSettings())).rail_width_px, 320);
  assert.equal((await page.getByTestId('rail').boundingBox()).width, 320);
});

test('compact rows are lower, and as many more are there', async () => {
  const page = await open('mock=studio');
  const row = page.getByTestId('transfer-row').first();
  await row.waitFor();
  assert.equal(Math.round((await row.boundingBox()).height), 56);
  await page.keyboard.press('Control+Shift+Period');
  await page.waitForFunction(() => Math.round(document.querySelector('[data-testid="transfer-row"]').getBoundingClientRect().height) === 36);
});

test('the graph of speed is a table of figures by Enter, and a graph again by Esc', async () => {
  const page = await open('mock=studio');
  await page.getByTestId('transfer-row').first().click();
  await page.getByTestId('graph').waitFor();
  await page.getByTestId('graph').focus();
  assert.match(await page.getByTestId('graph').getAttribute('aria-label'), /iB\/s now, .+ mean over/);
  await page.keyboard.press('Enter');
  const table = page.getByTestId('graph-table');
  await table.waitFor();
  const rows = await table.locator('tbody tr').allInnerTexts();
  assert.ok(rows.length > 0 && rows.length <= 14, `${rows.length} rows`);
  // Of what has only just been opened there may be nothing but its first look.
  assert.match(rows.at(-1), /^\d\d:\d\d:\d\d\t.*B\/s/);
  await page.keyboard.press('Escape');
  await table.waitFor({ state: 'detached' });
  assert.equal(await focused(page), 'graph');
  await page.getByTestId('drawer').waitFor();
});
