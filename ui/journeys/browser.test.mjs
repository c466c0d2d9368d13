// Journeys through the bucket browser: a million keys, and each main thing that is done there, most by keyboard alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './stage.mjs';

const on = stage();
const { open, at, focused, overflow, press, shot, type, until, world } = on;
const AT = 'raw/2026/11/';
const row = (key) => on.page.locator(`[data-testid="object-row"][data-key="${key}"]`);
const status = () => at('browser-status').textContent();

/** By keys alone: to a path, then into the list. */
async function go(path) {
  await press('Control+l');
  await at('address').waitFor();
  await type(path);
  await press('Enter');
  await at('address').waitFor({ state: 'detached' });
}

async function openFolder(options) {
  await open('mock=studio', options);
  await at('bucket-media-archive').click();
  await row('raw/').waitFor();
  await go(`tos://media-archive/${AT}`);
  await row(`${AT}selects/`).waitFor();
}

test('a million keys: few elements, true words, and any of them is reached, ordered and found', async () => {
  await open('mock=studio&keys=1000000&pace=0');
  await at('bucket-render-frames').click();
  await row('comp/').waitFor();
  assert.match(await status(), /1 folder, 1,000 objects loaded so far · more below/);

  // The thumb to the end, again and again: each time the next pages come.
  for (let turn = 0; turn < 3; turn += 1) {
    const height = await at('object-list').evaluate((list) => list.scrollHeight);
    await at('object-list').evaluate((list) => (list.scrollTop = list.scrollHeight));
    await until((before) => document.querySelector('[data-testid="object-list"]').scrollHeight > before, height);
  }
  const begun = Date.now();
  await at('load-all').click();
  await at('stop-listing').waitFor();
  await until(() => document.querySelector('[data-testid="browser-status"]').textContent.includes('2 folders, 1,000,000 objects'), undefined, { timeout: 60_000 });
  console.log(`# the rest of a million keys came in ${Date.now() - begun} ms`);
  assert.doesNotMatch(await status(), /so far|more below/);

  await at('object-list').focus();
  await press('End');
  await row('frame-0999999.exr').waitFor();
  assert.ok((await at('object-row').count()) < 60);
  assert.ok((await on.page.evaluate(() => document.querySelectorAll('*').length)) < 1_500);
  await press('PageUp');
  await press('Home');
  await row('comp/').waitFor();
  assert.equal(await row('plates/').count(), 1, 'the folder that came last stands with the folders');

  await press('Control+f');
  await type('0777777');
  await row('frame-0777777.exr').waitFor();
  assert.match(await status(), /^\s*1 match · 2 folders, 1,000,000 objects/);
  await press('Escape');
  await at('sort-size').click();
  await row('frame-0896636.exr').waitFor();
  await shot('browser-million');

  const jumps = await on.page.evaluate(async () => {
    const list = document.querySelector('[data-testid="object-list"]');
    const took = [];
    for (let step = 0; step < 60; step += 1) {
      const begun = performance.now();
      list.scrollTop = (list.scrollHeight * ((step * 37) % 60)) / 60;
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      took.push(performance.now() - begun);
    }
    took.sort((a, b) => a - b);
    return { median: took[30], worst: took[59] };
  });
  console.log(`# a jump in a million rows takes ${jumps.median.toFixed(0)} ms, at worst ${jumps.worst.toFixed(0)} ms`);
  await at('object-list').focus();
  await press('Control+a');
  assert.match(await at('action-bar').textContent(), /1000002 selected|1,000,002 selected/);
});

test('what a page brings above the view does not move it', async () => {
  await open('mock=studio&keys=3000&pace=0');
  await at('bucket-render-frames').click();
  await row('comp/').waitFor();
  await at('object-list').evaluate((list) => (list.scrollTop = 36 * 500));
  await row('frame-0000505.exr').waitFor();
  const before = await row('frame-0000505.exr').evaluate((one) => one.getBoundingClientRect().top);
  await at('load-all').click();
  await until(() => document.querySelector('[data-testid="browser-status"]').textContent.includes('2 folders, 3,000 objects'));
  assert.equal(await row('frame-0000505.exr').evaluate((one) => one.getBoundingClientRect().top), before);
});

test('by keyboard alone: to a path, a new folder, a name, a link, and away with it', async () => {
  await open('mock=studio');
  await at('rail').waitFor();
  await press('Control+2');
  await row('raw/').waitFor();
  await go('tos://cold-archive/');
  await on.page.getByText('This bucket is empty.').waitFor();
  await press('Control+Shift+N');
  await at('name-field').waitFor();
  await type('to-file');
  await press('Enter');
  await row('to-file/').waitFor();
  await press('Enter');
  await on.page.getByText('Nothing is stored under this path.').waitFor();
  await press('Alt+ArrowUp');
  await row('to-file/').waitFor();

  await go(`tos://media-archive/${AT}A012C005_261117_R2QK.braw`);
  await at('properties').waitFor();
  await press('F2');
  await at('rename-sheet').waitFor();
  await type('interview');
  await press('Enter');
  await at('rename-sheet').waitFor({ state: 'detached' });
  // The new name is behind what is loaded: all of it is loaded, and then it is found.
  await at('load-all').click();
  await at('load-all').waitFor({ state: 'detached' });
  await press('Control+f');
  await type('interview.braw');
  await row(`${AT}interview.braw`).waitFor();
  await press('Control+a');
  assert.ok(await world((mock) => mock.getObjectProperties('media-archive', 'raw/2026/11/interview.braw').then(() => true)));

  await press('Control+f');
  await type('C006');
  await press('ArrowDown');
  await press('ArrowDown');
  await press('F6');
  assert.equal(await focused(), 'download');
  for (let step = 0; step < 3; step += 1) await press('ArrowRight');
  assert.equal(await focused(), 'get-link');
  await press('Enter');
  await at('link-note').waitFor();
  assert.match(await at('link-text').inputValue(), /^https:\/\/media-archive\..*A012C006_261117_R2QK\.braw\?X-Tos-/);
  await press('Escape');
  await at('link-sheet').waitFor({ state: 'detached' });

  await at('object-list').focus();
  await press('Delete');
  await at('delete-sheet').waitFor();
  assert.equal(await focused(), 'confirm-keep', 'the safe verb has the focus');
  await press('Tab');
  await press('Enter');
  await at('delete-sheet').waitFor({ state: 'detached' });
  assert.equal(await world((mock) => mock.listObjects('media-archive', 'raw/2026/11/A012C006', null).then((page) => page.rows.length)), 0);
});

test('a folder is deleted with what is in it, and what could not be is named', async () => {
  await open('mock=studio');
  await at('rail').waitFor();
  await world((mock) => mock.createFolder('cold-archive', 'old/', 'denied'));
  await world((mock) => mock.createFolder('cold-archive', 'old/', 'fine'));
  await at('bucket-cold-archive').click();
  await row('old/').click();
  await at('delete').click();
  await until(() => document.querySelector('[data-testid="delete-sum"]').textContent.includes('2 objects'));
  await shot('browser-delete');
  await at('confirm-do').click();
  await at('delete-failed').waitFor();
  assert.match(await at('delete-failed').textContent(), /old\/denied\/.*AccessDenied/s);
  await shot('browser-delete-failed');
  await at('delete-close').click();
  await row('old/').waitFor();
});

test('properties are changed, an older version is restored, and an archive is made readable', async () => {
  await openFolder();
  await go(`${AT}通告单_第12天.pdf`);
  await at('props-type').waitFor();
  await shot('browser-properties');
  await at('props-edit').click();
  await at('props-type-field').fill('application/x-call-sheet');
  await at('props-save').click();
  await until(() => document.querySelector('[data-testid="props-type"]')?.textContent === 'application/x-call-sheet');
  await at('props-versions').click();
  await at('version-row').nth(3).waitFor();
  await shot('browser-versions');
  await at('version-row').nth(1).getByTestId('version-restore').click();
  await until(() => document.querySelectorAll('[data-testid="version-row"]').length === 5);
  assert.match(await at('version-row').first().textContent(), /471 KiB/);
  await at('properties-close').click();

  await press('Control+f');
  await type('C009');
  await at('restore').first().click();
  await at('restore-confirm').click();
  await on.page.getByText('restoring', { exact: true }).first().waitFor();
  await shot('browser-restore');
});

test('by keyboard alone: a bucket keeps versions, holds what was deleted, and is deleted once it is empty', async () => {
  await open('mock=studio');
  await at('rail').waitFor();
  await world((mock) => mock.createFolder('cold-archive', '', 'old'));
  await at('bucket-cold-archive').focus();
  await press('Enter');
  await row('old/').waitFor();
  await press('Control+i');
  await at('bucket-keep-versions').waitFor();
  assert.equal(await focused(), 'bucket-close', 'nothing that deletes has the focus');
  for (let n = 0; n < 4 && (await focused()) !== 'bucket-keep-versions'; n += 1) await press('Tab');
  await press('Space');
  await at('bucket-versioning').getByText('Versioning can be suspended, not removed.').waitFor();
  assert.equal(await world((mock) => mock.bucketVersioning('cold-archive')), 'enabled');
  await press('Escape');
  await at('bucket-sheet').waitFor({ state: 'detached' });

  await at('object-list').focus();
  await press('Control+a', 'Delete');
  await at('confirm-do').waitFor();
  await press('Tab', 'Enter');
  await on.page.getByText('This bucket is empty.').waitFor();

  const remove = async () => {
    await press('Control+i');
    await at('bucket-keep-versions').waitFor();
    for (let n = 0; n < 4 && (await focused()) !== 'bucket-delete'; n += 1) await press('Shift+Tab');
    await press('Enter');
    await at('confirm').waitFor();
    assert.equal(await focused(), 'confirm-keep', 'the safe verb has the focus');
    await press('Tab', 'Enter');
  };
  await remove();
  await at('bucket-held-version').waitFor();
  assert.match(await at('bucket-sheet').textContent(), /“cold-archive” still holds objects, older versions or unfinished uploads/);
  await shot('browser-bucket-held');
  await at('bucket-held-version').focus();
  await press('Enter');
  for (let left = 2; left > 0; left -= 1) {
    await until((n) => document.querySelectorAll('[data-testid="version-row"]').length === n, left);
    await at('version-delete').last().focus();
    await press('Enter');
    await at('confirm').waitFor();
    await press('Tab', 'Enter');
    await at('confirm').waitFor({ state: 'detached' });
  }
  await at('versions').getByText('There are no versions of this object.').waitFor();

  await remove();
  await at('bucket-sheet').waitFor({ state: 'detached' });
  await at('bucket-cold-archive').waitFor({ state: 'detached' });
  await at('transfer-row').first().waitFor();
  assert.deepEqual(await world((mock) => mock.listBuckets().then((all) => all.map((one) => one.name))), ['media-archive', 'ml-checkpoints', 'media-mirror-sh']);
});

test('tags are changed by keyboard alone', async () => {
  await openFolder();
  await go(`${AT}通告单_第12天.pdf`);
  await at('tags-edit').waitFor();
  await at('tags-edit').focus();
  await press('Enter');
  await at('tags-form').waitFor();
  await press('End');
  await type('!');
  await at('tags').getByText('“!” cannot be in a tag.').waitFor();
  await press('Backspace', 'Tab');
  await press('Control+a');
  await type('大漠 2026');
  await press('Enter');
  await at('tags-form').waitFor({ state: 'detached' });
  assert.equal(await focused(), 'tags-edit');
  assert.deepEqual(await world((mock, key) => mock.getObjectTags('media-archive', key), `${AT}通告单_第12天.pdf`), [
    { key: '项目', value: '大漠 2026' },
    { key: 'cost-centre', value: 'film/2026' },
  ]);
});

test('dragged files are counted, a folder opens under them, and they land on a bookmark', async () => {
  await openFolder();
  await at('bookmark-toggle').click();
  const mark = on.page.locator(`[data-testid="bookmark-media-archive/${AT}"]`);
  await mark.waitFor();
  await press('Alt+ArrowUp');
  await row(AT).waitFor();
  await world((mock) => mock.push({ type: 'drag_over', paths: 2 }));
  const count = { folders: 0, files: 2, size_bytes: 23e9, unreadable: 0, counting: true, more: false };
  await world((mock, given) => mock.push({ type: 'drag_counted', count: given }), count);
  await on.page.getByText('Still counting, 21.4 GiB so far.').waitFor();
  const middle = (locator) => locator.evaluate((one) => { const box = one.getBoundingClientRect(); return { x: box.x + 60, y: box.y + box.height / 2 }; });
  await world((mock, place) => mock.push({ type: 'drag_moved', ...place }), await middle(row(AT)));
  await on.page.getByText('Keep still to open “11”.').waitFor();
  await shot('browser-drop');
  await row(`${AT}selects/`).waitFor({ state: 'attached' });
  await at('bucket-cold-archive').waitFor();
  await world((mock) => mock.push({ type: 'drag_moved', x: 600, y: 600 }));
  await world((mock, place) => mock.push({ type: 'drag_moved', ...place }), await middle(mark));
  await on.page.getByText(`to tos://media-archive/${AT}`).waitFor();
  const before = await world((mock) => mock.simulation.pulse().counts.waiting);
  await world((mock) => mock.push({ type: 'dropped', drop: 1, paths: ['/home/lin/x1.mov', '/home/lin/x2.mov'], refused: [], refused_more: 0 }));
  await until((n) => { const c = window.ternMock.simulation.pulse().counts; return c.waiting + c.active >= n; }, before + 2);
  await at('drop-overlay').waitFor({ state: 'detached' });
});

test('without a network the last listing is there with its age, and replaced by itself', async () => {
  await openFolder();
  await press('Alt+ArrowUp');
  await row(AT).waitFor();
  await world((mock) => mock.setOffline(true));
  await press('Enter');
  await at('as-of').waitFor();
  await shot('browser-offline');
  await world((mock) => mock.setOffline(false));
  await at('as-of').waitFor({ state: 'detached' });
});

test('nothing sticks out at 900 × 560 and at 200 %, with a drawer, in either language', async () => {
  for (const [lang, theme, size] of [
    ['en', 'light', { width: 900, height: 560 }],
    ['zh', 'dark', { width: 900, height: 560 }],
    ['zh', 'light', { width: 640, height: 400 }],
  ]) {
    await openFolder({ ...size, lang, theme });
    await row(`${AT}A012C004_261117_R2QK.braw`).click();
    const name = `browser-${size.width}-${lang}`;
    await shot(name);
    const inside = async (id) => {
      const box = await at(id).boundingBox();
      assert.ok(box.x >= 0 && box.x + box.width <= size.width && box.y + box.height <= size.height, `${id} at ${size.width}`);
    };
    for (const id of ['upload', 'action-bar', 'object-list', 'address-edit']) await inside(id);
    await at('properties-open').click();
    await at('props-type').waitFor();
    await inside('properties');
    await inside('properties-close');
    await shot(`${name}-properties`);
    assert.equal(await overflow(), 0);
  }
});
