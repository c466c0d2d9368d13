// What goes wrong and comes right again, in one window with keys of its own at a server that is told how to fail.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endGroup, gone } from './display.mjs';
import { makeFile, MIB } from './files.mjs';
import { checksums, total, verified } from './journey.mjs';
import { allVerified, named, scenesOn, send, shownNames, transferRow } from './scene.mjs';
import { until } from './window.mjs';

const scene = scenesOn('1280x800', { buckets: ['plain', 'locked'], versioned: ['kept'] });
/** Alt, Shift and an arrow, pressed and let go. */
const ONE_UP = '\uE00A\uE008\uE013\uE000';
const ONE_DOWN = '\uE00A\uE008\uE015\uE000';
/** Slow enough to look at. */
const SLOW = { mbps: 4 };

/** Starts an upload that is seen to have sent something, and gives its details. */
async function moving(window, bucket, path, name) {
  await send(window, bucket, path);
  await window.click('nav-active');
  await window.row(name, 'transferring');
  await until('a part to be there', async () => (await named(window, name)).done_bytes > 0);
  return window.ask('transfer_detail', { id: (await named(window, name)).id });
}

scene('keys that do not fit are refused in the form, those that do lead to their buckets', async ({ window, server }) => {
  await window.type('access-key', server.keys.TOS_ACCESS_KEY);
  await window.type('secret-key', 'of-another-key');
  await window.click('[data-testid="connect"] .preview button');
  await window.type('endpoint', server.endpoint);
  await window.click('connect-submit');
  await until('the refusal', async () => /secret/i.test(await window.says('[data-testid="connect"] [role="alert"], [data-testid="connect"] .bad')));
  await window.picture('refused-keys');
  assert.equal(await window.has('rail'), false);

  await window.clear('secret-key');
  await window.type('secret-key', server.keys.TOS_SECRET_KEY);
  await window.click('connect-submit');
  for (const bucket of ['plain', 'locked', 'kept']) await window.find(`bucket-${bucket}`);
  assert.equal(await window.has('practice-chip'), false, 'this is no practice');
});

scene('three transfers are reordered, paused and resumed, and end in the order that was chosen', async ({ window, server, settings, path }) => {
  await window.ask('set_settings', { settings: { ...settings, transfers_max: 1 } });
  await server.plan(SLOW);
  const [first, second, third] = ['1 first.bin', '2 second.bin', '3 third.bin'];
  const sizes = [200 * MIB, 30 * MIB, 30 * MIB];
  await send(window, 'plain', ...[first, second, third].map((name, index) => makeFile(path(name), sizes[index])));
  await window.click('nav-active');
  await window.row(first, 'transferring');
  await window.row(second, 'waiting');
  await window.row(third, 'waiting');
  const order = (what, ...names) =>
    until(`${what}: ${names.join(', ')}`, async () => {
      const { rows } = await window.ask('transfers', { filter: 'waiting', after: null, limit: 50 });
      const queued = rows.map(({ name }) => name);
      return (await shownNames(window)).join() === names.join() && queued.join() === names.slice(1).join();
    });
  await order('as they were added', first, second, third);

  await window.drag(transferRow(third), transferRow(second));
  await order('dragged', first, third, second);
  await until('it to be told', async () => /1 moved in the queue/.test(await window.says('toast')));
  await window.click(transferRow(third));
  await window.type('transfer-list', ONE_DOWN);
  await order('moved down by the keys', first, second, third);
  await window.type('transfer-list', ONE_UP);
  await order('moved up by the keys', first, third, second);
  await window.picture('reordered');

  await until('a part to be there', async () => (await named(window, first)).done_bytes > 0);
  const id = (await named(window, first)).id;
  await window.click('pause-all');
  await window.click('nav-paused');
  for (const name of [first, second, third]) await window.row(name, 'paused');
  const held = (await named(window, first)).done_bytes;
  assert.ok(held > 0 && held < sizes[0], `${held} bytes are there`);
  // Others pass them at full speed, and they stay where they are.
  await server.mend();
  await send(window, 'plain', makeFile(path('passes.bin'), 12 * MIB));
  await allVerified(window, 'passes.bin');
  for (const name of [first, second, third]) {
    const { state, done_bytes, in_flight_bytes, speed_bytes_s } = await named(window, name);
    assert.deepEqual([state, in_flight_bytes, speed_bytes_s], ['paused', 0, 0], name);
    assert.equal(done_bytes, name === first ? held : 0, name);
  }

  await window.click('nav-paused');
  await window.click('resume-all');
  const ends = (await allVerified(window, first, third, second)).map((row) => row.ended_ms);
  assert.ok(ends[0] < ends[1] && ends[1] < ends[2], `${first}, ${third}, ${second} ended at ${ends.join(', ')}`);
  const { parts, parts_sent: sent } = await window.ask('transfer_detail', { id });
  // The two parts that were on their way are sent again, and nothing else.
  assert.ok(sent <= parts.length + 2, `${parts.length} parts, sent ${sent} times`);
  await window.click('nav-done');
  for (const name of [first, second, third]) await window.row(name, 'done_verified');
});

scene('while the server is gone a transfer waits, and goes on in the same upload when it is back', async ({ window, server, path }) => {
  await server.plan(SLOW);
  const before = await moving(window, 'plain', makeFile(path('outage.bin'), 100 * MIB), 'outage.bin');
  await server.kill();
  await window.row('outage.bin', 'no_network');
  await window.click(transferRow('outage.bin'));
  assert.match(await window.says(transferRow('outage.bin')), /Waiting for network.*will resume/);
  await until('the foot to say that nothing answers', async () => /TOS does not answer/.test(await window.attribute('network', 'title')));
  await until('the drawer to say what comes next', async () => /Continues by itself/.test(await window.says('drawer-sentence')));
  await window.picture('server-gone');
  // Also what the person looks for meanwhile is told, and the transfer is still not given up.
  await window.click('bucket-locked');
  await until('the bucket to tell it', async () => /TOS could not be reached/.test(await window.says('body main')));
  const { row } = await window.ask('transfer_detail', { id: before.row.id });
  assert.equal(row.state, 'no_network');
  assert.ok(row.done_bytes >= before.row.done_bytes && row.done_bytes < row.size_bytes, 'what was there is kept');

  await server.start();
  await verified(window, 'outage.bin');
  const after = await window.ask('transfer_detail', { id: before.row.id });
  assert.equal(after.upload_id, before.upload_id, 'it is the same upload');
  assert.ok(after.retries > 0, 'it was tried again');
  const [source, target] = await checksums(window, 'outage.bin');
  assert.match(source, /^\d{10,20}$/);
  assert.equal(target, source);
  assert.deepEqual((await window.ask('list_uploads', { bucket: 'plain', prefix: '', after: null })).rows, []);
});

scene('what failed for want of permission is one group, and is done once the permission is there', async ({ window, server, path }) => {
  const denied = { status: { code: 403, tos_code: 'AccessDenied' } };
  const verbs = ['PutObject', 'CreateMultipartUpload'];
  await server.plan({ rules: verbs.map((verb) => ({ verb, when: { every: 1 }, fault: denied })) });
  const names = ['denied 1.txt', 'denied 2.bin', '拒绝 3.txt'];
  const sizes = [2000, 12 * MIB, 0];
  await send(window, 'locked', ...names.map((name, index) => makeFile(path(name), sizes[index])));
  await window.click('nav-failed');
  const group = '[data-testid="failed-group"][data-code="forbidden"]';
  await until('all three to be in one group', async () => /3 files · AccessDenied/.test(await window.says(group)));
  assert.match(await window.says(group), /Your key may not do this.*Needs tos:PutObject on locked\/\*.*Copy policy/s);
  for (const name of names) await window.find(`[data-testid="failed-row"][data-name="${name}"]`);
  await window.click(`[data-testid="failed-row"][data-name="${names[1]}"]`);
  await until('the answer of TOS', async () => /403.*AccessDenied/s.test(await window.says('failed-answer')));
  await window.picture('failed-group');

  // Trying again before anybody has done anything asks the server again, and it is told again.
  const struck = await server.strikes();
  await window.click(`${group} [data-testid="retry-these"]`);
  await until('the server to be asked again', async () => (await server.strikes()) >= struck + 3);
  await until('all three to be back', async () => /3 files · AccessDenied/.test(await window.says(group)));

  await server.mend();
  await window.click(`${group} [data-testid="retry-these"]`);
  await allVerified(window, ...names);
  await until('nothing to be left there', async () => (await window.says('nav-failed')).trim() === 'Failed');
  assert.equal(await window.has('failed-group'), false);
  await window.click('bucket-locked');
  for (const name of names) await window.find(window.object(name));
});

scene('parts that another program left behind are found, compared, adopted and finished', async ({ window, server, path }) => {
  await server.plan(SLOW);
  const source = makeFile(path('left behind.bin'), 80 * MIB);
  const wrong = makeFile(path('same size.bin'), 80 * MIB);
  const other = server.other('cp', source, 'tos://plain/left behind.bin', '--part-size', '5MiB', '--parallel', '1');
  const uploads = async () => (await window.ask('list_uploads', { bucket: 'plain', prefix: '', after: null })).rows;
  const measured = async () => {
    const [upload] = await uploads();
    return upload && window.ask('measure_upload', { bucket: 'plain', key: upload.key, uploadId: upload.upload_id });
  };
  try {
    await until('it to have left two parts', async () => (await measured())?.parts >= 2);
  } finally {
    endGroup(other);
    await gone(other);
  }
  await server.mend();
  const [{ upload_id: uploadId }] = await uploads();
  const { parts: held } = await measured();

  const row = '[data-testid="leftover-row"][data-key="left behind.bin"]';
  await window.click('nav-leftovers');
  await until('the row', async () => /begun elsewhere.*file not found here/s.test(await window.says(row)));
  window.willPick(wrong);
  await window.click(`${row} [data-testid="leftover-find"]`);
  await until('the wrong file to be told', async () => /another file/.test(await window.says(row)));
  assert.match(await window.says('leftover-panel'), /its parts are not parts of that file/);
  assert.equal(await window.has(`${row} [data-testid="leftover-adopt"]`), false);
  window.willPick(source);
  await window.click(`${row} [data-testid="leftover-find"]`);
  await until('the right one', async () => /local file matches/.test(await window.says(row)));
  assert.match(await window.says('leftover-panel'), /Every part equals the same range of your file/);
  await window.picture('leftover-compared');
  await window.click(`${row} [data-testid="leftover-adopt"]`);
  await until('what is kept', async () => new RegExp(`${held} of ${held} parts are kept`).test(await window.says('toast')));

  const [done] = await allVerified(window, 'left behind.bin');
  const detail = await window.ask('transfer_detail', { id: done.id });
  assert.equal(detail.upload_id, uploadId, 'it is the same upload');
  assert.deepEqual([detail.parts.length, detail.parts_sent, detail.parts_reused], [16, 16 - held, held]);
  assert.equal(detail.source_crc64, detail.target_crc64);
  assert.deepEqual(await uploads(), []);
  await window.click('nav-receipts');
  await window.click('nav-leftovers');
  await until('the list to be empty', async () => /No unfinished uploads/.test(await window.says('leftovers')));
});

scene('an older version is brought back, and nothing is lost by it', async ({ window, path }) => {
  const name = 'plan.txt';
  writeFileSync(path(name), 'The first plan.\n');
  await send(window, 'kept', path(name));
  const [{ id }] = await allVerified(window, name);
  const old = await window.ask('transfer_detail', { id });
  writeFileSync(path(name), 'A second plan, which was a mistake.\n');
  await window.click('bucket-kept');
  await window.find(window.object(name));
  window.willPick(path(name));
  await window.click('upload');
  await window.click('conflict-overwrite');
  await window.click('upload-confirm');
  await until('the second version', async () => {
    const { rows } = await total(window);
    return rows.filter((row) => row.name === name && row.state === 'done_verified').length === 2;
  });

  await window.click(window.object(name));
  await window.click('properties-open');
  await until('the checksum of the second', async () => /^\d+$/.test(await window.says('props-crc')));
  assert.notEqual(await window.says('props-crc'), old.target_crc64);
  await window.click('props-versions');
  const versions = () => window.run(() => [...document.querySelectorAll('[data-testid="version-row"]')].map((row) => row.dataset.version));
  const two = await until('two versions', async () => {
    const found = await versions();
    return found.length === 2 && found;
  });
  assert.equal(await window.has(`[data-version="${two[0]}"] [data-testid="version-restore"]`), false, 'the newest is the newest');
  await window.picture('versions');
  await window.click(`[data-version="${two[1]}"] [data-testid="version-restore"]`);
  await until('it to be told', async () => /is the newest again\. Nothing was lost/.test(await window.says('toast')));
  const edge = (id, side) => window.run((one, of) => document.querySelector(`[data-testid="${one}"]`).getBoundingClientRect()[of], id, side);
  assert.ok((await edge('toast', 'bottom')) <= (await edge('action-bar', 'top')), 'what is said leaves what can be done within reach');
  const three = await until('three versions', async () => {
    const found = await versions();
    return found.length === 3 && found;
  });
  assert.deepEqual(three.slice(1), two, 'both are there still');
  await window.click('props-overview');
  await until('the checksum of the first', async () => (await window.says('props-crc')) === old.target_crc64);

  mkdirSync(path('down'));
  await window.click('download-to');
  await window.clear('download-folder');
  await window.type('download-folder', path('down'));
  await window.click('download-confirm');
  await until('the file to be there', () => readdirSync(path('down')).includes(name));
  assert.equal(readFileSync(join(path('down'), name), 'utf8'), 'The first plan.\n');
  await window.click('properties-close');
});

scene('a receipt is exported, holds for others, and tells what was changed after it', async ({ window, server, path }) => {
  const name = 'delivered.mov';
  await send(window, 'plain', makeFile(path(name), 12 * MIB + 7));
  await allVerified(window, name);
  await send(window, 'plain', makeFile(path('newest.txt'), 1));
  await allVerified(window, 'newest.txt');
  const shows = (one) => until(`the receipt of ${one}`, async () => (await window.says('paper')).includes(`tos://plain/${one}`));
  // The newest is what the screen begins with.
  await window.click('nav-receipts');
  await shows('newest.txt');
  await window.click(`[data-testid="history-row"][data-name="${name}"]`);
  await shows(name);
  const tone = () => window.attribute('paper-verdict', 'data-tone');
  assert.equal(await tone(), 'ok');
  assert.match(await window.says('paper-verdict'), /The object matches its file/);
  window.willPick(path('receipt.json'));
  await window.click('paper-json');
  await until('the file', () => existsSync(path('receipt.json')));
  await until('it to be told', async () => (await window.says('toast')).includes(`Saved as ${path('receipt.json')}`));
  window.willPick(path('receipt.html'));
  await window.click('paper-html');
  await until('the page', () => existsSync(path('receipt.html')));
  const receipt = JSON.parse(readFileSync(path('receipt.json'), 'utf8'));
  const [entry] = receipt.entries;
  assert.equal(receipt.format, 'tern-receipt');
  assert.equal(receipt.root_sha256, await window.attribute('paper-root', 'title'));
  const { id } = await named(window, name);
  const { target_crc64: crc } = await window.ask('transfer_detail', { id });
  assert.ok(JSON.stringify(entry).includes(crc), JSON.stringify(entry));
  assert.ok(readFileSync(path('receipt.html'), 'utf8').includes(crc));

  // Whoever has the keys and the receipt needs neither this window nor its data.
  assert.equal(await server.lets('verify', path('receipt.json')), 0);
  const verify = async (file) => {
    window.willPick(file);
    await window.click('verify-file');
  };
  await verify(path('receipt.json'));
  await until('it to be verified', async () => /The object is still what the receipt says/.test(await window.says('paper-verdict')));
  assert.match(await window.says('paper'), /read from .*receipt\.json/);
  assert.equal(await tone(), 'ok');
  await window.picture('receipt-verified');

  writeFileSync(path('altered.json'), readFileSync(path('receipt.json'), 'utf8').replaceAll(crc, String(BigInt(crc) ^ 1n)));
  await verify(path('altered.json'));
  await until('an altered receipt to be told', async () => /altered\.json/.test(await window.says('paper-error')));

  const changed = makeFile(path('changed.mov'), 12 * MIB + 7);
  assert.equal(await server.lets('cp', changed, `tos://plain/${name}`, '--conflict', 'overwrite'), 0);
  await window.click('paper-check');
  await until('the change to be told', async () => /1 object differs|The object differs|differs from its file or is gone/.test(await window.says('paper-verdict')));
  assert.equal(await tone(), 'bad');
  await window.picture('receipt-broken');
  assert.notEqual(await server.lets('verify', path('receipt.json')), 0);
});

scene('the limit is moved while a transfer runs, and what the engine counts obeys it', async ({ window, path }) => {
  await window.click('limit-chip');
  await window.type('limit-up', '\uE011\uE00E\uE00E\uE00E\uE00E');
  await until('a limit of 1 MiB/s', async () => (await window.ask('get_limits')).upload_bytes_s === MIB);
  await window.type('limit-up', '\uE00C');
  await send(window, 'plain', makeFile(path('limited.bin'), 80 * MIB));
  const counted = async () => {
    const { done_bytes, in_flight_bytes } = await named(window, 'limited.bin');
    return { bytes: done_bytes + in_flight_bytes, at: performance.now() / 1000 };
  };
  /** Bytes a second over some seconds, the first one after it began or was changed dropped. */
  const measured = async (bytes) => {
    const begin = await counted();
    const from = await until('the first second to be over', async () => {
      const now = await counted();
      return now.at - begin.at >= 1 && now.bytes > 0 && now;
    });
    const to = await until('it to go on', async () => {
      const now = await counted();
      return now.bytes >= from.bytes + bytes && now;
    });
    return (to.bytes - from.bytes) / (to.at - from.at);
  };
  const slow = await measured(5 * MIB);
  assert.ok(slow <= MIB * 1.1, `${slow} bytes a second under a limit of 1 MiB/s`);
  await window.click('limit-chip');
  await window.type('limit-up', '\uE00E\uE00E');
  await until('a limit of 4 MiB/s', async () => (await window.ask('get_limits')).upload_bytes_s === 4 * MIB);
  const faster = await measured(16 * MIB);
  assert.ok(faster > MIB * 1.2 && faster <= 4 * MIB * 1.1, `${faster} bytes a second under a limit of 4 MiB/s`);
  await window.click('limit-up-none');
  await until('no limit', async () => (await window.ask('get_limits')).upload_bytes_s === null);
  await window.type('limit-up', '\uE00C');
  await allVerified(window, 'limited.bin');
});

scene('the language is switched in the settings, and everything follows at once', async ({ window }) => {
  await window.click('nav-done');
  assert.match(await window.says('rail'), /Failed.*Leftover parts/s);
  await window.click('account-button');
  await window.click('language-zh');
  await until('the rail to be Chinese', async () => /失败/.test(await window.says('rail')));
  assert.equal(await window.run(() => document.documentElement.lang), 'zh-CN');
  await window.click('nav-done');
  await window.row('outage.bin', 'done_verified');
  assert.match(await window.says(transferRow('outage.bin')), /已完成/);
  await window.picture('chinese');
  await window.click('account-button');
  await window.click('language-en');
  await until('the rail to be English', async () => /Failed/.test(await window.says('rail')));
});
