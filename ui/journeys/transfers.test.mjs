// Journeys through the lists of transfers: failures by cause, the queue's order, a selection, undo, the drawer's tabs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './stage.mjs';

const on = stage();
const { at, overflow, press, shot, until } = on;

async function openRail(options, more = '') {
  await on.open(`mock=studio${more}`, options);
  await at('rail').waitFor();
}

const row = (name) => on.page.locator(`[data-testid="transfer-row"][data-name="${name}"]`);
const counts = () => on.page.evaluate(() => window.ternMock.simulation.pulse().counts);
const untilCounts = (wanted) => until((want) => Object.entries(want).every(([name, n]) => window.ternMock.simulation.pulse().counts[name] === n), wanted);
/** Whether one waits just before another: others may begin meanwhile, so places have no numbers. */
const standsBefore = (one, other) =>
  until(
    ([a, b]) => {
      const names = window.ternMock.simulation.page('waiting', null, 50).rows.map((row) => row.name);
      return names.includes(a) && names.indexOf(a) + 1 === names.indexOf(b);
    },
    [one, other],
  );
const line = () => on.page.evaluate(() => window.ternMock.simulation.page('waiting', null, 50).rows.map((one) => one.name));

test('failures stand in groups by their cause; one is retried, all of a cause are, and clearing away can be undone', async () => {
  await openRail();
  await at('nav-failed').click();
  await at('failed-row').first().waitFor();
  assert.equal(await at('failed-group').count(), 4);
  assert.match(await at('failed-group').first().textContent(), /Your key may not do this.*21 files · AccessDenied/s);
  assert.equal(await at('failed-row').count(), 5);
  await at('failed-row').first().click();
  assert.match(await at('failed-answer').textContent(), /What TOS answered.*403.*AccessDenied.*0003-00000001/s);
  await shot('failed');
  await at('failed-more').click();
  await until(() => document.querySelectorAll('[data-testid="failed-row"]').length > 10);

  await at('failed-row').first().getByTestId('retry').click();
  await untilCounts({ failed: 36 });
  await on.page.locator('[data-testid="failed-group"][data-code="mismatch"]').getByTestId('retry-these').click();
  await untilCounts({ failed: 34 });
  await until(() => document.querySelectorAll('[data-testid="failed-group"]').length === 3);
  await at('remove-all').click();
  await on.page.getByText('Nothing has failed.').waitFor();
  assert.equal((await counts()).failed, 0);
  await at('toast').getByText('Undo').click();
  await untilCounts({ failed: 34 });
  await at('failed-group').first().waitFor();
  await at('retry-all').click();
  await untilCounts({ failed: 0 });
});

test('failures, by the keyboard alone', async () => {
  await openRail();
  await at('nav-failed').click();
  await at('failed-row').first().waitFor();
  await at('failed-list').focus();
  await press('ArrowDown');
  await press('ArrowDown');
  await press('Enter');
  await at('failed-answer').waitFor();
  await press('ArrowLeft');
  await at('failed-answer').waitFor({ state: 'detached' });
  await press('Control+r');
  await untilCounts({ failed: 36 });
  await press('Home');
  await press('ArrowLeft');
  await until(() => document.querySelectorAll('[data-testid="failed-row"]').length === 0);
  await press('Shift+Delete');
  await untilCounts({ failed: 16 });
  await press('Control+z');
  await untilCounts({ failed: 36 });
  await press('Control+Shift+R');
  await untilCounts({ failed: 0 });
});

test('what a cause needs is at hand: the policy to ask for, another folder, the log', async () => {
  await openRail({ permissions: ['clipboard-read', 'clipboard-write'] });
  await at('nav-failed').click();
  const cause = (code) => on.page.locator(`[data-testid="failed-group"][data-code="${code}"]`);
  assert.match(await cause('forbidden').textContent(), /Needs tos:PutObject on media-archive\/weddings\/private\/\*/);
  await cause('forbidden').getByTestId('copy-policy').click();
  await at('toast').getByText('Policy copied').waitFor();
  assert.match(await on.page.evaluate(() => navigator.clipboard.readText()), /"tos:PutObject"/);

  await cause('disk_full').getByTestId('change-folder').click();
  await at('toast').getByText('5 downloads begin anew in /home/lin/Downloads/TOS').waitFor();
  await untilCounts({ failed: 32 });
  await cause('disk_full').waitFor({ state: 'detached' });

  await cause('mismatch').getByTestId('open-log').click();
  await on.page.getByText('17894207731629484211 ≠ 4471093365520914837').waitFor();
  const [list, drawer] = [await at('failed-list').boundingBox(), await at('drawer').boundingBox()];
  assert.equal(list.x + list.width, drawer.x, 'the details stand beside the list');
});

test('the details of what failed come and go by the keyboard, over the list where it is narrow', async () => {
  await openRail({ width: 900, height: 560 });
  await at('nav-failed').click();
  await at('failed-row').first().waitFor();
  await at('failed-list').focus();
  await press('ArrowDown', 'ArrowDown', 'Space');
  await at('drawer').getByRole('heading', { name: '_DSC4417.ARW' }).waitFor();
  assert.equal(await on.focused(), 'failed-list');
  const [list, drawer] = [await at('failed-list').boundingBox(), await at('drawer').boundingBox()];
  assert.equal(list.x + list.width, drawer.x + drawer.width, 'they lie over the list');
  assert.equal(await overflow(), 0);
  await press('ArrowDown');
  await at('drawer').getByRole('heading', { name: '_DSC4418.ARW' }).waitFor();
  await press('Escape');
  await at('drawer').waitFor({ state: 'detached' });
  await press('Enter', 'Tab');
  assert.equal(await on.focused(), 'copy-policy');
  await at('failed-answer').getByTestId('open-log').focus();
  await press('Enter');
  await at('log-row').first().waitFor();
  assert.equal(await on.focused(), 'open-log');
  await at('drawer-close').focus();
  await press('Enter');
  await at('drawer').waitFor({ state: 'detached' });
  assert.equal(await on.focused(), 'failed-list');
});

test('what waits is moved by keys and by the pointer, and put back', async () => {
  await openRail();
  const before = await line();
  await row(before[2]).click();
  await press('Alt+Shift+ArrowUp');
  await standsBefore(before[2], before[1]);
  await at('toast').getByText('Undo').click();
  await standsBefore(before[1], before[2]);

  await at('nav-waiting').click();
  await row(before[4]).waitFor();
  const from = await row(before[4]).boundingBox();
  const to = await row(before[2]).boundingBox();
  await on.page.mouse.move(from.x + 300, from.y + 20);
  await on.page.mouse.down();
  await on.page.mouse.move(from.x + 300, from.y - 20, { steps: 5 });
  await on.page.mouse.move(to.x + 300, to.y + 8, { steps: 5 });
  await at('drop-line').waitFor();
  await shot('reorder');
  await on.page.mouse.up();
  await standsBefore(before[4], before[2]);
  await at('drop-line').waitFor({ state: 'detached' });
});

test('many are selected without their ids, cancelled with one question, and taken back', async () => {
  await openRail({}, '&extra=3000');
  await at('nav-waiting').click();
  await at('transfer-row').first().click();
  await press('Control+a');
  await on.page.getByText('3,012 selected').waitFor();
  await press('Delete');
  await at('confirm').waitFor();
  await at('confirm-do').click();
  await untilCounts({ waiting: 0 });
  await at('toast').getByText('Undo').click();
  await until(() => window.ternMock.simulation.pulse().counts.waiting > 2990);
});

test('what is cancelled is gone when nobody takes it back', async () => {
  await openRail();
  await at('nav-paused').click();
  await row('rushes-day-9.mov').click();
  await press('Delete');
  await at('confirm-do').click();
  await untilCounts({ paused: 2 });
  await on.page.evaluate(() => window.ternMock.advance(11_000));
  assert.equal(await on.page.evaluate(() => window.ternMock.undo(1)), false);
  assert.equal((await counts()).paused, 2);
});

test('a transfer whose keys have expired asks for new ones and goes on with them', async () => {
  await openRail(undefined, '&expired');
  assert.match(await at('account-banner').textContent(), /token of .*has expired. 1 transfer waits/);
  await at('nav-paused').click();
  await row('nightly-export-2026-11-21.parquet').click();
  assert.match(await row('nightly-export-2026-11-21.parquet').textContent(), /Paused.*token expired/s);
  await at('new-keys').click();
  await at('keys-access').fill('wrong');
  await at('keys-secret').fill('secret');
  await at('keys-renew').click();
  await on.page.getByText('key', { exact: false }).first().waitFor();
  await at('keys-error').waitFor();
  await at('keys-access').fill('AKTPnew');
  await shot('new-keys');
  await at('keys-renew').click();
  await at('keys-sheet').waitFor({ state: 'detached' });
  await at('account-banner').waitFor({ state: 'detached' });
  await untilCounts({ paused: 2 });
});

test('the drawer tells what happened and takes options, by the keyboard', async () => {
  await openRail();
  await at('nav-waiting').click();
  await at('transfer-row').first().click();
  await at('drawer').waitFor();
  await on.page.getByRole('tab', { name: 'Overview' }).focus();
  await press('ArrowRight');
  await at('log-row').first().waitFor();
  await press('ArrowRight');
  await at('own-limit-field').fill('4 MiB/s');
  await at('priority').getByRole('radio', { name: 'High' }).focus();
  await press('Space');
  await at('option-parallel').fill('0');
  await on.page.getByText('A whole number from 1 to 1,000').waitFor();
  await at('option-parallel').fill('3');
  await press('Tab');
  await at('option-part-size').selectOption('67108864');
  await until(() => {
    const first = window.ternMock.simulation.page('waiting', null, 1).rows[0];
    const { options } = window.ternMock.simulation.detail(first.id);
    return options.parallel_parts === 3 && options.part_size_bytes === 67108864 && first.priority === 'high' && first.own_limit_bytes_s === 4194304;
  });
});

for (const [lang, theme] of [['en', 'light'], ['zh', 'dark']]) {
  test(`the failures fit at 900 × 560, ${lang} ${theme}`, async () => {
    await openRail({ width: 900, height: 560, lang, theme });
    await at('nav-failed').click();
    await at('failed-row').first().click();
    await at('failed-answer').waitFor();
    assert.equal(await overflow(), 0);
    await shot(`failed-small-${lang}`);
    await at('failed-answer').getByTestId('open-log').click();
    await at('log-row').first().waitFor();
    assert.equal(await overflow(), 0);
    await shot(`failed-log-small-${lang}`);
  });
}
