// What the tour has to show: a studio's buckets, some weeks old, and transfers in every state there is.
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync, appendFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { endGroup, gone } from './display.mjs';
import { makeFile, MIB } from './files.mjs';
import { total } from './journey.mjs';
import { until } from './window.mjs';

export const BUCKET = 'media-archive';
export const PREFIX = 'raw/2026/11/';
export const CLIP = 'A012C004_261117_R2QK.braw';
export const VERSIONED = '2026-11-16_通告单_第12天.pdf';
export const ARCHIVED = 'A011C018_261103_R2QK.braw';
/** Left behind by another program: one whose file is still there, and others. */
export const FILM = 'documentary/黄河/EP03_master_ProRes4444_4K.mov';
export const DENIED = 'documents/2026年第三季度财务报表_终稿(3).xlsx';
/** 255 bytes without a space: the longest that a file can be called. */
const LONGEST = `${'export_final_'.repeat(18)}v2_reviewed.mov`.slice(-255);

export const BUCKETS = {
  buckets: ['cold-archive', 'ml-checkpoints', 'media-mirror-sh@cn-shanghai', 'empty-one'],
  versioned: [BUCKET],
  options: ['--other-region', 'cn-shanghai', '--copy-mbps', '1.2', '--restore-ms', '600000'],
};

/** Kept in the bucket before the tour begins: name, MiB, hours of age. */
const OBJECTS = [
  ['北京航拍_长城日出_8K_RAW_2026-11-18_B机.mov', 42, 70],
  ['北京航拍_长城日落_8K_RAW_2026-11-18_A机.mov', 31, 69],
  [CLIP, 24.2, 96],
  ...Array.from({ length: 18 }, (_, at) => [`A012C${String(at + 5).padStart(3, '0')}_261117_R2QK.braw`, 2 + ((at * 7) % 11) / 3, 96 + at]),
  ['interview_多机位_audio-iso (boom, lav 1, lav 2).wav', 9.4, 110],
  ['LUT_Rec709_to_LogC4_v3.cube', 1.2, 140],
  [VERSIONED, 0.482, 150],
  [LONGEST, 0.1, 200],
  ['تقرير الربع الثالث النهائي للمراجعة.pdf', 0.4, 210],
  ['👩‍👩‍👧‍👦 family 🏖️ holiday photos — day 1.zip', 6, 240],
  ['proxies-1080p/A012C004_proxy.mp4', 0.2, 80],
  ['selects/index.json', 0.001, 80],
  ['字幕与工程文件/EP03.srt', 0.01, 80],
];

/** A file of this size whose bytes are nothing but zeros and cost nothing, its name at the front. */
function sparse(path, mib) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, path);
  truncateSync(path, Math.max(Math.round(mib * MIB), Buffer.byteLength(path)));
  return path;
}

/** Lets what the stopped server keeps look older by what `hoursOf` says of it. */
function age(folder, hoursOf) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.json')) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const text = readFileSync(path, 'utf8');
    const hours = hoursOf(path, text);
    // Versions are in one file, the newest first.
    let version = 0;
    const older = (_, what, ms) => `"${what}_ms":${Number(ms) - Math.round((hours + 31 * version++) * 3_600_000)}`;
    if (hours > 0) writeFileSync(path, text.replace(/"(created|modified|initiated)_ms":\s*(\d+)/g, older));
  }
}

/** Another program begins an upload, sends some parts and is killed. */
async function leaveBehind(server, source, address, parts) {
  const other = server.other('cp', source, address, '--part-size', '5MiB', '--parallel', '1');
  const key = address.replace(/^tos:\/\/[^/]+\//, '');
  const rule = { verb: 'UploadPart', key, part: parts + 1, when: { every: 1 }, fault: { latency: { ms: 600_000 } } };
  await server.plan({ rules: [rule] });
  try {
    await until(`${key} to have ${parts} parts`, async () => (await server.strikes()) > 0);
  } finally {
    endGroup(other);
    await gone(other);
  }
}

/** Fills the buckets, before there is a window. Gives where the file of the film is. */
export async function fillBuckets(server, path) {
  const folders = new Map();
  for (const [name, mib] of [...OBJECTS, ['../../../backups/readme.txt', 0.004]]) {
    const key = join(PREFIX, name);
    folders.set(dirname(key), [...(folders.get(dirname(key)) ?? []), sparse(path(`old/${key}`), mib)]);
  }
  const good = async (...args) => {
    if ((await server.lets(...args)) !== 0) throw new Error(args.join(' '));
  };
  for (const [folder, files] of folders) await good('cp', ...files, `tos://${BUCKET}/${folder}/`);
  await good('cp', sparse(path('a.braw'), 18), `tos://${BUCKET}/${PREFIX}${ARCHIVED}`, '--storage-class', 'ARCHIVE');
  await good('cp', sparse(path('b.csv'), 36.4), `tos://${BUCKET}/${PREFIX}drone-telemetry-2026-11-14.csv`, '--storage-class', 'IA');
  await good('cp', sparse(path('c.mov'), 60), 'tos://media-mirror-sh/delivery/EP02_mezzanine.mov');
  for (const size of [0.466, 0.471]) {
    await good('cp', sparse(path('call.pdf'), size), `tos://${BUCKET}/${PREFIX}${VERSIONED}`, '--conflict', 'overwrite', '--meta', 'author=Lin', '--meta', 'reel-count=12');
  }
  mkdirSync(path(`Films/${dirname(FILM)}`), { recursive: true });
  const film = makeFile(path(`Films/${FILM}`), 118 * MIB);
  await leaveBehind(server, film, `tos://${BUCKET}/${FILM}`, 9);
  await leaveBehind(server, makeFile(path('wedding.mov'), 72 * MIB), `tos://${BUCKET}/exports/2026/wedding_张_final_v7.mov`, 4);
  await leaveBehind(server, makeFile(path('epoch.pt'), 96 * MIB), 'tos://ml-checkpoints/run-41/epoch-12/optimizer_state.pt', 11);
  await server.kill();
  const ages = new Map(OBJECTS.map(([name, , hours]) => [`${PREFIX}${name}`, hours]));
  const more = { [FILM]: 31, 'exports/2026/wedding_张_final_v7.mov': 19 * 24, 'run-41/epoch-12/optimizer_state.pt': 63 * 24 };
  for (const [key, hours] of Object.entries(more)) ages.set(key, hours);
  age(join(server.folder, 'served'), (path, text) => {
    const key = /"key":\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
    return (key === undefined ? undefined : ages.get(JSON.parse(key))) ?? 26;
  });
  await server.start();
  return film;
}

/** What the window begins with: parts of which there are many in small files, and a line to wait in. */
export const SETTINGS = { part_size_bytes: 5 * MIB, parallel_parts: 4, transfers_max: 1 };

/** What the server does while the tour looks round: slow, and some things it never does. */
export const CALM = {
  mbps: 40,
  rules: [
    ...['PutObject', 'CreateMultipartUpload'].flatMap((verb) =>
      [DENIED, 'documents/contracts/2026-11-18_location-agreement.pdf', 'documents/通告单_第13天.pdf'].map((key) => ({
        verb,
        key,
        when: { every: 1 },
        fault: { status: { code: 403, tos_code: 'AccessDenied' } },
      })),
    ),
    { verb: 'UploadPart', key: `${PREFIX}proxy-render-queue.tar`, part: 3, when: { every: 1 }, fault: { status: { code: 503, tos_code: 'ExceedRateLimit', retry_after: { seconds: 600 } } } },
  ],
};

/** Transfers in every state. Those that run do so for half an hour. */
export async function makeTransfers(window, server, path) {
  const rows = async () => (await total(window)).rows;
  const named = async (name) => (await rows()).find((row) => row.name === name);
  const add = async (bucket, prefix, ...files) =>
    window.ask('add_uploads', { bucket, prefix, paths: files.map(([name, mib]) => sparse(path(`Videos/${name}`), mib)), conflict: 'keep_both' });
  const state = (name, ...states) => until(`${name} to be ${states.join(' or ')}`, async () => states.includes((await named(name))?.state));
  const reached = (name, share) => until(`${share} of ${name}`, async () => {
    const row = await named(name);
    return row !== undefined && row.done_bytes >= share * row.size_bytes;
  });
  const limit = async (name, bytes_s) => window.ask('set_transfer_limit', { ids: [(await named(name)).id], bytesS: bytes_s });

  const settings = await window.ask('get_settings');
  await window.ask('set_settings', { settings: { ...settings, transfers_max: 12 } });
  await server.plan({ ...CALM, mbps: 400 });

  // Done.
  await add(BUCKET, 'documents/', ['预算表_第二版.xlsx', 2.4], ['location-scouting_怀柔.pdf', 8.6], ['empty-marker.txt', 0]);
  await add(BUCKET, 'raw/2026/11/selects/', ['A012C031_261117_R2QK.braw', 44]);
  mkdirSync(path('Downloads'), { recursive: true });
  await window.ask('add_downloads', { bucket: BUCKET, objects: [{ key: `${PREFIX}interview_多机位_audio-iso (boom, lav 1, lav 2).wav` }], folder: path('Downloads'), conflict: 'keep_both' });
  await until('five to be done', async () => (await rows()).filter((row) => row.state === 'done_verified').length >= 5);

  // Failed: for want of permission, by a file that keeps changing, by a name that is taken meanwhile.
  await add(BUCKET, 'documents/', ['2026年第三季度财务报表_终稿(3).xlsx', 2.4], ['通告单_第13天.pdf', 0.5]);
  await add(BUCKET, 'documents/contracts/', ['2026-11-18_location-agreement.pdf', 1.1]);
  await add(BUCKET, PREFIX, ['field-recorder-live.wav', 60]);
  const growing = setInterval(() => appendFileSync(path('Videos/field-recorder-live.wav'), 'more'), 20);
  try {
    await state('field-recorder-live.wav', 'failed');
  } finally {
    clearInterval(growing);
  }
  await state('2026年第三季度财务报表_终稿(3).xlsx', 'failed');

  // Paused in the middle.
  await server.plan({ ...CALM, mbps: 60 });
  await add(BUCKET, PREFIX, ['rushes-day-9.mov', 160], ['航拍素材_备份_10月.tar', 220]);
  for (const [name, share] of [['rushes-day-9.mov', 0.4], ['航拍素材_备份_10月.tar', 0.15]]) {
    await reached(name, share);
    await window.ask('pause', { ids: [(await named(name)).id] });
    await state(name, 'paused');
  }

  // Running, at speeds that are held.
  await server.plan({ ...CALM, mbps: 400 });
  const running = [
    ['北京航拍_长城日出_8K_RAW_2026-11-18_A机.mov', 1640, 0.42, 2.1],
    ['customer-exports-2026-11.parquet', 312, 0.66, 0.16],
  ];
  for (const [name, mib, share, mib_s] of running) {
    await add(BUCKET, PREFIX, [name, mib]);
    await reached(name, share);
    await limit(name, Math.round(mib_s * MIB));
  }
  await add(BUCKET, PREFIX, ['proxy-render-queue.tar', 84]);
  await state('proxy-render-queue.tar', 'retrying');
  await window.ask('add_downloads', { bucket: 'media-mirror-sh', objects: [{ key: 'delivery/EP02_mezzanine.mov' }], folder: path('Downloads'), conflict: 'keep_both' }).catch((error) => console.error(`no download from the other region: ${error.message}`));
  await window.ask('add_copies', { bucket: BUCKET, objects: [{ key: `${PREFIX}北京航拍_长城日出_8K_RAW_2026-11-18_B机.mov` }], toBucket: 'cold-archive', toPrefix: PREFIX, conflict: 'keep_both' });
  const download = '北京航拍_长城日落_8K_RAW_2026-11-18_A机.mov';
  await window.ask('add_downloads', { bucket: BUCKET, objects: [{ key: `${PREFIX}${download}` }], folder: path('Downloads'), conflict: 'keep_both' });
  await until('the download', async () => (await rows()).some((row) => row.name === download));
  await limit(download, 40_000);
  await server.plan(CALM);

  // Waiting for their turn.
  await window.ask('set_settings', { settings });
  await add(BUCKET, PREFIX, ['A012C032_261117_R2QK.braw', 180], ['A012C033_261117_R2QK.braw', 214], ['第12天_现场录音_多轨.zip', 96], [LONGEST, 12]);
  await add('ml-checkpoints', 'run-42/', ['epoch-01.pt', 380]);
  await state('epoch-01.pt', 'waiting');
}
