// Journeys through the window on the mock backend: the main thing that is done on each screen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './stage.mjs';

const on = stage();
const { open, at, focused, overflow, press, shot, type, until, world } = on;
const MIB = 1024 ** 2;

const rows = () => at('transfer-row');
const row = (name) => on.page.locator(`[data-testid="transfer-row"][data-name="${name}"]`);

async function hasState(name, wanted) {
  await on.page.locator(`[data-testid="transfer-row"][data-name="${name}"][data-state="${wanted}"]`).waitFor();
}

test('first run: the practice bucket, files dropped on it, and every one is verified', async () => {
  await open('mock&pace=12');
  await at('practice').waitFor();
  await shot('first-run');
  await at('practice').click();
  await at('bucket-practice').click();
  await on.page.locator('[data-key="welcome.txt"]').waitFor();
  assert.equal(await at('practice-chip').textContent(), 'Practice');

  await world((mock) => mock.push({ type: 'drag_over', paths: 2 }));
  await at('drop-overlay').waitFor();
  await shot('drop');
  await world((mock) => mock.push({ type: 'dropped', drop: 1, paths: ['/home/lin/a.mov', '/home/lin/报告 2.txt'], refused: [], refused_more: 0 }));
  await at('toast').waitFor();
  await at('nav-active').click();
  await at('transfer-row').first().waitFor();
  await at('nav-done').click();
  await hasState('a.mov', 'done_verified');
  await hasState('报告 2.txt', 'done_verified');

  await row('a.mov').click();
  await at('drawer').waitFor();
  const source = await at('source-crc').textContent();
  assert.match(source, /^\d{10,20}$/);
  assert.equal(await at('target-crc').textContent(), source);
  await shot('verified');

  await at('bucket-practice').click();
  await on.page.locator('[data-key="a.mov"]').waitFor();
});

test('an upload by the button asks for the bucket, and a taken name is one question', async () => {
  await open('mock&pace=30');
  await at('practice').click();
  await at('bucket-practice').waitFor();
  for (const round of [1, 2]) {
    await at('upload').click();
    await at('upload-sheet').waitFor();
    await at('copy-bucket-practice').click();
    if (round === 2) {
      await at('conflict-keep-both').waitFor();
      await shot('conflict');
      assert.ok(await at('conflict-keep-both').getByRole('radio').isChecked());
    }
    await at('upload-confirm').click();
    await at('upload-sheet').waitFor({ state: 'detached' });
    if (round === 1) {
      await until(() => window.ternMock.simulation.pulse().counts.done === 3);
      // From here on, note which answer is sent.
      await world((mock) => {
        const add = mock.addUploads;
        mock.addUploads = (bucket, prefix, paths, conflict) => {
          window.answered = conflict;
          return add(bucket, prefix, paths, conflict);
        };
      });
    }
  }
  assert.equal(await on.page.evaluate(() => window.answered), 'keep_both');
});

test('pause keeps, resume goes on from there', async () => {
  await open('mock=studio');
  const name = 'imagenet-subset-train.tar';
  await hasState(name, 'transferring');
  await row(name).hover();
  await row(name).getByTestId('pause').click();
  await at('nav-paused').click();
  await hasState(name, 'paused');
  assert.match(await row(name).textContent(), /parts kept/);
  const before = await world((mock, n) => mock.simulation.page('paused', null, 50).rows.find((one) => one.name === n).done_bytes, name);
  await row(name).click();
  await shot('paused');
  await at('drawer-resume').click();
  await at('nav-active').click();
  await until(
    (n) => window.ternMock.simulation.page('active', null, 50).rows.some((one) => one.name === n),
    name,
  );
  const resumed = await world((mock, n) => mock.simulation.page('active', null, 50).rows.find((one) => one.name === n).done_bytes, name);
  assert.ok(resumed >= before, 'nothing that was there is lost');
  await row(name).waitFor();
});

test('pause all, then resume all', async () => {
  await open('mock=studio&expired');
  await rows().first().waitFor();
  await at('pause-all').click();
  await until(() => window.ternMock.simulation.pulse().counts.active === 0);
  await until(() => document.querySelector('[data-testid="nav-active"]').textContent.trim().endsWith('0'));
  await at('nav-paused').click();
  await at('resume-all').click();
  // The one that waits for new keys stays.
  await until(() => window.ternMock.simulation.pulse().counts.paused === 1);
});

test('cancelling names what is lost; keeping is the default', async () => {
  await open('mock=studio');
  await at('nav-paused').click();
  await row('rushes-day-9.mov').click();
  await press('Delete');
  await at('confirm').waitFor();
  assert.match(await at('confirm').textContent(), /Cancel 1 upload and delete 9\.0\d GiB already sent\?/);
  assert.equal(await focused(), 'confirm-keep');
  await shot('confirm');
  await press('Escape');
  await at('confirm').waitFor({ state: 'detached' });
  await hasState('rushes-day-9.mov', 'paused');
  await press('Delete');
  await at('confirm-do').click();
  await until(() => window.ternMock.simulation.pulse().counts.paused === 2);
});

async function openFolder() {
  await at('bucket-media-archive').click();
  for (const key of ['raw/', 'raw/2026/', 'raw/2026/11/']) await on.page.locator(`[data-key="${key}"]`).dblclick();
  await on.page.locator('[data-key="raw/2026/11/A012C004_261117_R2QK.braw"]').waitFor();
}

test('the browser loads as it is scrolled, selects a range and downloads it', async () => {
  await open('mock=studio');
  await openFolder();
  assert.match(await at('browser-status').textContent(), /more below/);
  assert.ok((await at('object-row').count()) < 60);
  await at('object-list').evaluate((list) => (list.scrollTop = list.scrollHeight));
  await until(() => /[3-9]\d\d objects/.test(document.querySelector('[data-testid="browser-status"]').textContent));
  await at('object-list').evaluate((list) => (list.scrollTop = 0));
  const first = on.page.locator('[data-key="raw/2026/11/A012C004_261117_R2QK.braw"]');
  await first.click();
  await on.page.locator('[data-key="raw/2026/11/A012C006_261117_R2QK.braw"]').click({ modifiers: ['Shift'] });
  assert.match(await at('action-bar').textContent(), /3 selected/);
  await shot('browser');
  const before = await world((mock) => mock.simulation.pulse().counts.waiting);
  await at('download').click();
  await at('toast').waitFor();
  await at('action-bar').waitFor({ state: 'detached' });
  assert.equal(await world((mock) => mock.simulation.pulse().counts.waiting), before + 3);
});

test('the copy sheet offers what can be copied to, and copies', async () => {
  await open('mock=studio');
  await openFolder();
  await on.page.locator('[data-key="raw/2026/11/A012C005_261117_R2QK.braw"]').click();
  await at('copy-to').click();
  await at('copy-sheet').waitFor();
  await at('copy-bucket-media-mirror-sh').click();
  await on.page.locator('[data-testid="copy-route"][data-route="relay"]').waitFor();
  await shot('copy-relay');
  await at('copy-bucket-media-archive').click();
  assert.ok(await at('copy-confirm').isDisabled(), 'an object is not copied onto itself');
  await at('copy-bucket-cold-archive').click();
  await at('copy-prefix').fill('archive/2026');
  await shot('copy');
  await at('copy-confirm').click();
  await at('copy-sheet').waitFor({ state: 'detached' });
  const to = await world((mock) => mock.simulation.page('active', null, 200).rows.at(-1).to);
  assert.equal(to, 'tos://cold-archive/archive/2026/A012C005_261117_R2QK.braw');
});

test('a limit acts while it is moved, and can be taken away', async () => {
  await open('mock=studio');
  await rows().first().waitFor();
  await at('limit-chip').click();
  const box = await at('limit-up').boundingBox();
  await on.page.mouse.move(box.x + box.width * 0.9, box.y + 10);
  await on.page.mouse.down();
  await on.page.mouse.move(box.x + (box.width * 3) / 7 + 2, box.y + 10, { steps: 8 });
  await on.page.mouse.up();
  // Near the mark of 4 MiB/s, which holds the thumb.
  await until((limit) => window.ternMock.simulation.limits.upload_bytes_s === limit, 4 * MIB);
  await until((limit) => {
    const speed = Number(document.querySelector('[data-testid="speed-up"]').dataset.bytes);
    return speed > 0 && speed <= limit * 1.01;
  }, 4 * MIB);
  assert.match(await at('limit-chip').textContent(), /Limit 4 MiB\/s/);
  await shot('limits');
  await at('limit-up-field').fill('512 KiB');
  await until(() => window.ternMock.simulation.limits.upload_bytes_s === 512 * 1024);
  await at('limit-up-none').click();
  await until(() => window.ternMock.simulation.limits.upload_bytes_s === null);
  await press('Escape');
  await at('limits-popover').waitFor({ state: 'detached' });
});

test('language and appearance switch at once, without a reload', async () => {
  await open('mock=studio');
  await at('account-button').click();
  await at('language-zh').click();
  await until(() => document.documentElement.lang === 'zh-CN');
  assert.match(await at('nav-active').textContent(), /进行中/);
  await at('theme-dark').click();
  assert.equal(await on.page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  const ground = await on.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(ground, 'rgb(26, 29, 34)');
  await shot('settings-zh-dark');
  await at('nav-active').click();
  await rows().first().click();
  await shot('transfers-zh-dark');
  await at('account-button').click();
  await at('language-en').click();
  assert.match(await at('nav-active').textContent(), /Active/);
});

test('by keyboard alone: the list, its drawer, pause, selection and panes', async () => {
  await open('mock=studio');
  await rows().first().waitFor();
  // Rail, toolbar, list.
  for (let i = 0; i < 3; i += 1) await press('F6');
  assert.equal(await focused(), 'transfer-list');
  await press('ArrowDown');
  await press('ArrowDown');
  const active = () => on.page.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.dataset.name);
  assert.equal(await active(), 'Li-Zhang wedding selects.tar');
  await at('drawer').waitFor();
  await press('Space');
  await at('drawer').waitFor({ state: 'detached' });
  await press('Space');
  await at('drawer').waitFor();
  await shot('keyboard');
  await press('Shift+ArrowDown');
  assert.equal(await on.page.locator('[data-testid="transfer-row"][aria-selected="true"]').count(), 2);
  await press('Control+p');
  await until(() => window.ternMock.simulation.pulse().counts.paused === 5);
  await type('imag');
  assert.equal(await active(), 'imagenet-subset-train.tar');
  await press('Escape');
  assert.equal(await on.page.locator('[data-testid="transfer-row"][aria-selected="true"]').count(), 0);
  await press('Control+b');
  await at('limits-popover').waitFor();
  await press('Escape');
  await at('limits-popover').waitFor({ state: 'detached' });
  await press('Control+2');
  await at('object-list').waitFor();
});

test('100,000 transfers: few elements, exact counts, and the list goes on as it is scrolled', async () => {
  await open('mock=studio&extra=100000&pace=0');
  await rows().first().waitFor();
  assert.ok((await rows().count()) < 40);
  assert.match(await at('nav-waiting').textContent(), /100,0\d\d/);
  assert.ok(Number(await at('transfer-list').getAttribute('aria-rowcount')) > 100_000);
  for (let i = 0; i < 5; i += 1) {
    const height = await at('transfer-list').evaluate((list) => list.scrollHeight);
    await at('transfer-list').evaluate((list) => (list.scrollTop = list.scrollHeight));
    await until((before) => document.querySelector('[data-testid="transfer-list"]').scrollHeight > before, height);
  }
  assert.ok((await rows().count()) < 40);
  assert.ok((await on.page.evaluate(() => document.querySelectorAll('*').length)) < 1_500);
});

test('a banner covers nothing, on any screen', async () => {
  await open('mock=studio', { width: 900, height: 560 });
  await rows().first().waitFor();
  await world((mock) => mock.push({ type: 'notice', notice: { code: 'engine_stopped', params: {}, retryable: false } }));
  await at('banner').waitFor();
  const edges = () =>
    on.page.evaluate(() => {
      const banner = document.querySelector('[data-testid="banner"]').getBoundingClientRect();
      const [toolbar, content] = ['.main > .toolbar', '.main > .banners + *, .main > .toolbar + :not(.banners)'].map((one) => document.querySelector(one).getBoundingClientRect());
      const footer = document.querySelector('.footbox').getBoundingClientRect();
      return { above: banner.top - toolbar.bottom, below: content.top - banner.bottom, over: content.bottom - footer.top };
    });
  for (const id of ['nav-active', 'nav-failed', 'bucket-media-archive', 'nav-leftovers', 'nav-receipts', 'account-button']) {
    await at(id).click();
    await until(() => document.querySelectorAll('.main > *').length > 2);
    assert.deepEqual(await edges(), { above: 0, below: 0, over: 0 }, id);
  }
});

test('nothing sticks out at 900 × 560, in either language', async () => {
  for (const [lang, theme] of [
    ['en', 'light'],
    ['zh', 'dark'],
  ]) {
    await open('mock=studio', { width: 900, height: 560, lang, theme });
    await rows().first().click();
    assert.equal(await overflow(), 0);
    const inside = await at('upload').evaluate((button) => button.getBoundingClientRect().right <= window.innerWidth);
    assert.ok(inside, 'the primary button is in view');
    await shot(`small-${lang}`);
    await press('Space');
    await at('drawer').waitFor();
    await shot(`small-drawer-${lang}`);
    await at('account-button').click();
    assert.equal(await overflow(), 0);
    await open('mock', { width: 900, height: 560, lang, theme });
    await at('practice').waitFor();
    assert.equal(await overflow(), 0);
    assert.ok(await at('practice').evaluate((button) => button.getBoundingClientRect().bottom <= window.innerHeight), 'practice is in view');
  }
});
