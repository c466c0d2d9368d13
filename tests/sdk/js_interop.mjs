// Tern and the official JavaScript SDK read what the other wrote, byte for byte, for names that break clients.
// (A leading slash is left to the Python suite: this SDK removes it before it signs.)

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CancelToken, PracticeServer, Suite, UploadEventType, clientFor } from './practice.mjs';

const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const CLI = process.env.TERN_CLI ?? path.join(REPOSITORY, 'target/debug/tern-cli');
const PART = 5 << 20;
const SIZES = [0, 1, 70_000, PART, PART + 1, 2 * PART + 17];
const KEYS = [
  'plain.txt', 'a b/c d.txt', '目录/文件 一.txt', '😀/🎉.bin', 'a+b=c&d;e,f.txt', '100%25/%2F%41.txt', "~tilde-_.!*'()",
  'a//b', 'n'.repeat(1000),
];

const server = await PracticeServer.start({ flags: ['--bucket', 'first', '--bucket', 'second'] });
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tern-interop-'));
const suite = new Suite();
try {
  const client = clientFor(server.settings);
  const env = { ...process.env, ...server.settings, TERN_DATA_DIR: path.join(folder, 'data') };
  const cp = (source, target) =>
    promisify(execFile)(CLI, ['cp', source, target, '--part-size', '5MiB', '--no-progress', '--conflict', 'overwrite'], {
      env, timeout: 120_000,
    });
  for (const [index, key] of KEYS.entries()) {
    const body = crypto.randomBytes(SIZES[index % SIZES.length]);
    const shown = `${key.length < 40 ? key : `${key.slice(0, 8)}… (${key.length} bytes)`} (${body.length} bytes)`;
    await suite.run(`Tern writes and the SDK reads: ${shown}`, async () => {
      const source = path.join(folder, 'source');
      fs.writeFileSync(source, body);
      await cp(source, `tos://first/${key}`);
      const { data } = await client.getObjectV2({ bucket: 'first', key, dataType: 'buffer' });
      assert.ok(body.equals(data.content), 'the bytes differ');
    });
    await suite.run(`the SDK writes and Tern reads: ${shown}`, async () => {
      await client.putObject({ bucket: 'second', key, body });
      const target = path.join(folder, 'target');
      await cp(`tos://second/${key}`, target);
      assert.ok(body.equals(fs.readFileSync(target)), 'the bytes differ');
    });
  }
  await suite.run('Tern adopts what the SDK was stopped in', async () => {
    const body = crypto.randomBytes(4 * PART + 99);
    const [source, checkpoint] = [path.join(folder, 'stopped'), path.join(folder, 'stopped.checkpoint')];
    fs.writeFileSync(source, body);
    const stop = CancelToken.source();
    let sent = 0;
    await assert.rejects(client.uploadFile({
      bucket: 'first', key: 'stopped by hand', file: source, partSize: PART, taskNum: 1, checkpoint,
      cancelToken: stop.token,
      uploadEventChange: (event) => {
        if (event.type === UploadEventType.UploadPartSucceed && ++sent === 2) stop.cancel('enough');
      },
    }));
    // It does not say which file it is of.
    const { stdout } = await promisify(execFile)(CLI, ['uploads', 'adopt', '--checkpoint', checkpoint, source, '--json'], {
      env, timeout: 120_000,
    });
    const lines = stdout.trim().split('\n').map((line) => JSON.parse(line));
    const held = lines.find((line) => line.type === 'Adopted').parts_held;
    assert.ok(held >= 2, `${held} parts are kept`);
    assert.equal(lines.at(-1).parts_sent + held, 5);
    assert.equal(lines.at(-1).verified, true);
    const { data } = await client.getObjectV2({ bucket: 'first', key: 'stopped by hand', dataType: 'buffer' });
    assert.ok(body.equals(data.content), 'the bytes differ');
  });
} finally {
  await server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
}
process.exitCode = suite.finish();
