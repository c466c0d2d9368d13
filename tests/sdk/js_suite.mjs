// The practice server driven by the official JavaScript SDK.
//
// Node takes a further CA only from its environment, so the pass over TLS is this same program once more, as a child
// with NODE_EXTRA_CA_CERTS and the settings of the server that is already running.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { CancelToken, PracticeServer, Suite, TosServerError, clientFor } from './practice.mjs';

const MIB = 1 << 20;
const PART = 5 * MIB;
const KEYS = [
  'plain.txt', 'a b/c d.txt', '目录/文件 一.txt', '😀/🎉.bin', 'a+b=c&d;e,f.txt', '100%25/%2F%41.txt', "~tilde-_.!*'()",
  'a//b', 'n'.repeat(1000), 'folder/',
];

const md5 = (data) => crypto.createHash('md5').update(data).digest('hex');
const bodyOf = (size, seed) => {
  const cipher = crypto.createCipheriv('aes-128-ctr', crypto.createHash('md5').update(seed).digest(), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(size));
};

async function read(client, bucket, key, options = {}) {
  const { data } = await client.getObjectV2({ bucket, key, dataType: 'buffer', ...options });
  return data.content;
}

// The SDK knows no code where it was asked for a buffer: it does not read the body of such an error.
async function refused(call, status, code) {
  try {
    await call();
  } catch (error) {
    assert(error instanceof TosServerError, `not an error of the server: ${error}`);
    assert.deepEqual([error.statusCode, error.code], [status, code]);
    assert(error.requestId, 'the refusal has no request id');
    return;
  }
  assert.fail(`not refused with ${status} ${code}`);
}

async function withFolder(work) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'js-suite-'));
  try {
    await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a resumable call until two of its parts are done. */
async function interrupted(call, partEvent) {
  const source = CancelToken.source();
  let seen = 0;
  const listener = (event) => {
    if (event.type === partEvent && ++seen === 2) source.cancel('enough');
  };
  await assert.rejects(call(listener, source.token));
}

/** Runs it to its end and counts the parts that it moves. */
async function finished(call, partEvent) {
  let seen = 0;
  await call((event) => (seen += event.type === partEvent ? 1 : 0));
  return seen;
}

const tests = {
  async buckets(client) {
    const { data } = await client.listBuckets();
    const names = data.Buckets.map((bucket) => bucket.Name);
    assert(names.includes('first') && names.includes('second'));
    assert.equal((await client.headBucket('first')).data['x-tos-bucket-region'], 'cn-beijing');
    await client.createBucket({ bucket: 'short-lived' });
    await client.deleteBucket('short-lived');
    await refused(() => client.listObjectsType2({ bucket: 'short-lived' }), 404, 'NoSuchBucket');
  },

  async put_and_get(client) {
    for (const [index, key] of KEYS.entries()) {
      const body = bodyOf(index * 7919, key);
      const put = await client.putObject({ bucket: 'first', key, body, meta: { k1: String(index) } });
      assert.equal(put.headers.etag, `"${md5(body)}"`);
      assert.deepEqual(await read(client, 'first', key), body, key);
      const { data } = await client.headObject({ bucket: 'first', key });
      assert.deepEqual([data['content-length'], data['x-tos-meta-k1']], [String(body.length), String(index)]);
    }
    const { data } = await client.listObjectsType2({ bucket: 'first', maxKeys: 1000 });
    const bytewise = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    assert.deepEqual(data.Contents.map((item) => item.Key), [...KEYS].sort(bytewise));
  },

  async streams_and_ranges(client) {
    const body = bodyOf(300_000, 'range');
    await client.putObject({ bucket: 'first', key: 'ranged', body: Readable.from([body.subarray(0, 7), body.subarray(7)]) });
    assert.deepEqual(await read(client, 'first', 'ranged'), body);
    for (const [start, end] of [[0, 65535], [65536, 299_999], [299_999, 299_999]]) {
      const part = await read(client, 'first', 'ranged', { rangeStart: start, rangeEnd: end });
      assert.deepEqual(part, body.subarray(start, end + 1));
    }
    await refused(() => read(client, 'first', 'ranged', { range: 'bytes=300000-' }), 416, undefined);
    await refused(() => read(client, 'first', 'ranged', { ifMatch: '"other"' }), 412, undefined);
  },

  async listing(client) {
    const keys = ['a', 'b', 'c'].flatMap((folder) => [0, 1, 2].map((n) => `list/${folder}/${n}`)).concat('list/top');
    for (const key of keys) await client.putObject({ bucket: 'second', key, body: Buffer.from(key) });
    const [joined, prefixes] = [[], []];
    let continuationToken;
    do {
      const { data } = await client.listObjectsType2({
        bucket: 'second', prefix: 'list/', delimiter: '/', maxKeys: 1, listOnlyOnce: true,
        ...(continuationToken && { continuationToken }),
      });
      joined.push(...data.Contents.map((item) => item.Key));
      prefixes.push(...data.CommonPrefixes.map((item) => item.Prefix));
      continuationToken = data.IsTruncated ? data.NextContinuationToken : undefined;
    } while (continuationToken);
    assert.deepEqual([joined, prefixes], [['list/top'], ['list/a/', 'list/b/', 'list/c/']]);
  },

  async multipart(client) {
    const key = 'multi/文 件.bin';
    const body = bodyOf(PART + 12345, 'multi');
    const target = { bucket: 'first', key };
    // Copied, as the SDK writes into the object that it is given.
    const { UploadId: uploadId } = (await client.createMultipartUpload({ ...target })).data;
    const pieces = [body.subarray(0, PART), body.subarray(PART)];
    const parts = [];
    for (const [index, piece] of pieces.entries()) {
      const { data } = await client.uploadPart({ ...target, uploadId, partNumber: index + 1, body: piece });
      assert.equal(data.ETag.replaceAll('"', ''), md5(piece));
      parts.push({ eTag: data.ETag, partNumber: index + 1 });
    }
    const listed = (await client.listParts({ ...target, uploadId })).data.Parts;
    assert.deepEqual(listed.map((part) => [part.PartNumber, part.Size]), [[1, PART], [2, 12345]]);
    const uploads = (await client.listMultipartUploads({ bucket: 'first', prefix: 'multi/' })).data.Uploads;
    assert.deepEqual(uploads.map((upload) => upload.UploadId), [uploadId]);
    const { data } = await client.completeMultipartUpload({ ...target, uploadId, parts });
    const whole = md5(Buffer.concat(pieces.map((piece) => crypto.createHash('md5').update(piece).digest())));
    assert.equal(data.ETag.replaceAll('"', ''), `${whole}-2`);
    assert.deepEqual(await read(client, 'first', key), body);
    await refused(() => client.abortMultipartUpload({ ...target, uploadId }), 404, 'NoSuchUpload');
  },

  async copying(client) {
    const body = bodyOf(100_000, 'copy');
    const source = '源 +%2F/a.bin';
    await client.putObject({ bucket: 'first', key: source, body, headers: { 'content-type': 'text/x' } });
    await client.copyObject({ bucket: 'second', key: 'kopie +/文', srcBucket: 'first', srcKey: source });
    assert.deepEqual(await read(client, 'second', 'kopie +/文'), body);
    const { data } = await client.headObject({ bucket: 'second', key: 'kopie +/文' });
    assert.equal(data['content-type'], 'text/x');
    const missing = { bucket: 'second', key: 'no', srcBucket: 'first', srcKey: 'missing' };
    await refused(() => client.copyObject(missing), 404, 'NoSuchKey');
  },

  async part_copying(client) {
    const body = bodyOf(PART + 1000, 'part copy');
    await client.putObject({ bucket: 'first', key: 'long', body });
    const target = { bucket: 'second', key: 'long' };
    const { UploadId: uploadId } = (await client.createMultipartUpload({ ...target })).data;
    const parts = [];
    for (const [index, [start, end]] of [[0, PART - 1], [PART, PART + 999]].entries()) {
      const { data } = await client.uploadPartCopy({
        ...target, uploadId, partNumber: index + 1, srcBucket: 'first', srcKey: 'long',
        copySourceRangeStart: start, copySourceRangeEnd: end,
      });
      parts.push({ eTag: data.ETag, partNumber: index + 1 });
    }
    await client.completeMultipartUpload({ ...target, uploadId, parts });
    assert.deepEqual(await read(client, 'second', 'long'), body);
  },

  async resumable_upload(client) {
    const body = bodyOf(5 * PART + 77, 'upload file');
    await withFolder(async (folder) => {
      const file = path.join(folder, 'up.bin');
      fs.writeFileSync(file, body);
      // A file as checkpoint: given a folder, the SDK does not find its own checkpoint again.
      const checkpoint = path.join(folder, 'up.checkpoint');
      const upload = (uploadEventChange, cancelToken) => client.uploadFile({
        bucket: 'first', key: 'resumed up', file, partSize: PART, taskNum: 1, checkpoint, uploadEventChange, cancelToken,
      });
      await interrupted(upload, 3);
      const { Uploads } = (await client.listMultipartUploads({ bucket: 'first', prefix: 'resumed up' })).data;
      assert.equal(Uploads.length, 1);
      assert((await finished(upload, 3)) < 6, 'every part was sent again');
    });
    assert.deepEqual(await read(client, 'first', 'resumed up'), body);
    assert.equal((await client.listMultipartUploads({ bucket: 'first', prefix: 'resumed up' })).data.Uploads.length, 0);
  },

  async resumable_download(client) {
    const body = bodyOf(5 * PART + 77, 'download file');
    await client.putObject({ bucket: 'first', key: 'to fetch', body });
    await withFolder(async (folder) => {
      const filePath = path.join(folder, 'down.bin');
      const checkpoint = path.join(folder, 'down.checkpoint');
      const download = (downloadEventChange, cancelToken) => client.downloadFile({
        bucket: 'first', key: 'to fetch', filePath, partSize: PART, taskNum: 1, checkpoint, downloadEventChange, cancelToken,
      });
      await interrupted(download, 3);
      assert((await finished(download, 3)) < 6, 'every part was fetched again');
      assert.deepEqual(fs.readFileSync(filePath), body);
    });
  },

  async resumable_copy(client) {
    const body = bodyOf(5 * PART + 77, 'copy file');
    await client.putObject({ bucket: 'first', key: 'to copy', body });
    await withFolder(async (folder) => {
      const checkpoint = path.join(folder, 'copy.checkpoint');
      const copy = (copyEventListener, cancelToken) => client.resumableCopyObject({
        bucket: 'second', key: 'copied', srcBucket: 'first', srcKey: 'to copy', partSize: PART, taskNum: 1, checkpoint,
        copyEventListener, cancelToken,
      });
      await interrupted(copy, 3);
      assert((await finished(copy, 3)) < 6, 'every part was copied again');
    });
    assert.deepEqual(await read(client, 'second', 'copied'), body);
  },

  async versions(client) {
    await client.createBucket({ bucket: 'versioned' });
    await client.putBucketVersioning({ bucket: 'versioned', status: 'Enabled' });
    assert.equal((await client.getBucketVersioning('versioned')).data.Status, 'Enabled');
    const ids = [];
    for (const text of ['one', 'two']) {
      const put = await client.putObject({ bucket: 'versioned', key: 'k', body: Buffer.from(text) });
      ids.unshift(put.headers['x-tos-version-id']);
    }
    await client.deleteObject({ bucket: 'versioned', key: 'k' });
    const { data } = await client.listObjectVersions({ bucket: 'versioned' });
    assert.deepEqual(data.Versions.map((version) => version.VersionId), ids);
    const [marker] = data.DeleteMarkers;
    assert.equal(marker.IsLatest, true);
    assert.deepEqual(await read(client, 'versioned', 'k', { versionId: ids[1] }), Buffer.from('one'));
    await client.deleteObject({ bucket: 'versioned', key: 'k', versionId: marker.VersionId });
    assert.deepEqual(await read(client, 'versioned', 'k'), Buffer.from('two'));
  },

  async properties(client) {
    const target = { bucket: 'first', key: '属性 +/a.txt' };
    await client.putObject({ ...target, body: Buffer.from('bytes'), meta: { old: '1' } });
    await client.setObjectMeta({ ...target, contentType: 'text/y', cacheControl: 'no-cache', meta: { k: 'v x' } });
    const { data } = await client.headObject(target);
    assert.deepEqual([data['content-type'], data['cache-control']], ['text/y', 'no-cache']);
    assert.equal(data['x-tos-meta-old'], undefined);
    assert.equal(decodeURIComponent(data['x-tos-meta-k']), 'v x');
    const Tags = [{ Key: '项目', Value: '转 码' }, { Key: 't', Value: 'a+b=c' }];
    await client.putObjectTagging({ ...target, tagSet: { Tags } });
    assert.deepEqual((await client.getObjectTagging(target)).data.TagSet.Tags, Tags);
    await client.deleteObjectTagging(target);
    assert.deepEqual((await client.getObjectTagging(target)).data.TagSet.Tags, []);
    await client.putObjectAcl({ ...target, acl: 'public-read' });
    const acl = (await client.getObjectAcl(target)).data;
    assert.deepEqual([acl.IsDefault, acl.Grants[1].Grantee.Canned], [false, 'AllUsers']);
    await client.putObjectAcl({ ...target, aclBody: { Owner: acl.Owner, Grants: [acl.Grants[1]] } });
    assert.deepEqual((await client.getObjectAcl(target)).data.Grants, [acl.Grants[1]]);
  },

  async restoring_and_renaming(client) {
    const cold = { bucket: 'first', key: 'cold' };
    await client.putObject({ ...cold, body: Buffer.from('ice'), storageClass: 'ARCHIVE' });
    await refused(() => read(client, 'first', 'cold'), 403, undefined);
    const restored = await client.restoreObject({ ...cold, days: 7, restoreJobParameters: { Tier: 'Expedited' } });
    assert.equal(restored.statusCode, 202);
    // The server under these tests restores at once.
    assert.deepEqual(await read(client, 'first', 'cold'), Buffer.from('ice'));
    await client.createBucket({ bucket: 'renaming' });
    await client.putBucketRename({ bucket: 'renaming', renameEnable: true });
    assert.equal((await client.getBucketRename({ bucket: 'renaming' })).data.RenameEnable, true);
    await client.putObject({ bucket: 'renaming', key: 'old', body: Buffer.from('bytes') });
    await client.renameObject({ bucket: 'renaming', key: 'old', newKey: '新 名/a+b&c=1%.txt' });
    assert.deepEqual(await read(client, 'renaming', '新 名/a+b&c=1%.txt'), Buffer.from('bytes'));
    await refused(() => read(client, 'renaming', 'old'), 404, undefined);
  },

  async bucket_rules(client) {
    const bucket = 'second';
    const rules = [{ ID: 'a', Prefix: 'tmp/', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }];
    await client.putBucketLifecycle({ bucket, rules });
    assert.deepEqual((await client.getBucketLifecycle({ bucket })).data.Rules, rules);
    await client.deleteBucketLifecycle({ bucket });
    const info = (await client.getBucketInfo({ bucket })).data.Bucket;
    assert.deepEqual([info.Name, info.Type, info.Location], [bucket, 'fns', 'cn-beijing']);
  },

  async wrong_keys(client, settings) {
    const nobody = clientFor(settings, { accessKeyId: 'AKLTnobody' });
    await refused(() => nobody.listBuckets(), 403, 'InvalidAccessKeyId');
    const wrong = clientFor(settings, { accessKeySecret: 'wrong' });
    await refused(() => wrong.listBuckets(), 403, 'SignatureDoesNotMatch');
    const body = bodyOf(3 * MIB, 'never');
    await refused(() => wrong.putObject({ bucket: 'first', key: 'never', body }), 403, 'SignatureDoesNotMatch');
    await refused(() => read(client, 'first', 'never'), 404, undefined);
  },
};

async function runTests(scheme, settings, suite) {
  for (const [name, test] of Object.entries(tests)) {
    await suite.run(`js/${scheme}/${name}`, () => test(clientFor(settings), settings));
  }
}

/** The pass over TLS in a child; its counts are added to ours. */
async function runChild(server, suite) {
  const env = { ...process.env, ...server.settings, NODE_EXTRA_CA_CERTS: server.caFile, ATTACHED_OVER: 'https' };
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of child.stdout) output += chunk;
  const counts = output.match(/(\d+) passed, (\d+) failed\s*$/);
  process.stdout.write(counts ? output.slice(0, counts.index) : output);
  suite.passed += Number(counts?.[1] ?? 0);
  suite.failed += Number(counts?.[2] ?? 1);
}

const suite = new Suite();
if (process.env.ATTACHED_OVER) {
  await runTests(process.env.ATTACHED_OVER, process.env, suite);
} else {
  for (const tls of [false, true]) {
    const server = await PracticeServer.start({ tls, flags: ['--bucket', 'first', '--bucket', 'second', '--restore-ms', '0'] });
    try {
      await (tls ? runChild(server, suite) : runTests('http', server.settings, suite));
    } finally {
      await server.stop();
    }
  }
}
process.exitCode = suite.finish();
