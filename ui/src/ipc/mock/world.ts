/** The seeded objects and transfers of the mock: a working studio, and names that layouts break on. */
import type { TagView } from '../backend';
import { seeded } from './random';
import type { Simulation } from './simulation';
import type { NewTransfer } from './transfer';

export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;

export type Refuse = (code: string, params?: Record<string, string>, retryable?: boolean) => never;

/** What a key was before; `null` for the time in which it was deleted. */
export interface Older {
  versionId: string;
  modifiedMs: number;
  object: StoredObject | null;
}

export interface StoredObject {
  size: number;
  modifiedMs: number;
  storageClass: string;
  contentType?: string;
  cacheControl?: string;
  metadata?: Record<string, string>;
  acl?: string;
  tags?: TagView[];
  /** When the readable copy of an archived object is there, and until when. */
  restore?: { readyMs: number; untilMs: number };
  versionId?: string;
  /** What it was before, the newest first. */
  older?: Older[];
}

export type Bucket = Map<string, StoredObject>;

/** 255 bytes, no space, right to left, emoji: what real folders hold. */
export const LONG_NAMES: readonly string[] = [
  `${'export_final_'.repeat(18)}v2_reviewed.mov`.slice(-255),
  '家属合影_'.repeat(12) + '第一组_全家福_未修.tif',
  'تقرير الربع الثالث النهائي للمراجعة.pdf',
  '👩‍👩‍👧‍👦 family 🏖️ holiday photos — day 1.zip',
  'a+b %2F test file .txt',
];

const LOCAL: Readonly<Record<string, number>> = {
  '/home/lin/Videos/北京航拍_长城日出_8K_RAW_2026-11-18_A机.mov': 640 * MIB,
  '/home/lin/Exports/customer-exports-2026-11.parquet': 212 * MIB,
  '/home/lin/Documents/2026年第三季度财务报表_终稿(3).xlsx': 2.4 * MIB,
};

export const PICKED: readonly string[] = Object.keys(LOCAL);

/** The size of a local file that the mock pretends to have. */
export function localSize(path: string): number {
  return LOCAL[path] ?? 180 * MIB;
}

export function practiceBuckets(now: number): Map<string, Bucket> {
  const bucket: Bucket = new Map();
  const put = (key: string, size: number, age: number): void => {
    bucket.set(key, { size, modifiedMs: now - age * 3_600_000, storageClass: 'STANDARD' });
  };
  put('welcome.txt', 1_204, 2);
  put('samples/landscape.tif', 412 * MIB, 3);
  put('samples/interview.wav', 1.2 * GIB, 3);
  return new Map([
    ['practice', bucket],
    ['practice-copy', new Map()],
    ['practice-far', new Map()],
  ]);
}

export function studioBuckets(now: number): Map<string, Bucket> {
  const random = seeded(11);
  const archive: Bucket = new Map();
  const put = (key: string, size: number, hoursAgo: number, storageClass = 'STANDARD'): void => {
    archive.set(key, { size: Math.round(size), modifiedMs: now - hoursAgo * 3_600_000, storageClass });
  };
  const at = 'raw/2026/11/';
  for (const folder of ['proxies-1080p', 'selects', '字幕与工程文件']) put(`${at}${folder}/index.json`, 900, 80);
  put(`${at}北京航拍_长城日出_8K_RAW_2026-11-18_B机.mov`, 16.2 * GIB, 70);
  put(`${at}北京航拍_长城日落_8K_RAW_2026-11-18_A机.mov`, 21.7 * GIB, 69);
  for (let card = 4; card < 640; card += 1) {
    const name = `A${String(Math.floor(card / 20) + 12).padStart(3, '0')}C${String(card).padStart(3, '0')}_261117_R2QK.braw`;
    put(at + name, (2 + random() * 5) * GIB, 96 + card / 10, card % 9 === 0 ? 'ARCHIVE' : 'STANDARD');
  }
  put(`${at}interview_多机位_audio-iso (boom, lav 1, lav 2).wav`, 1.94 * GIB, 110);
  put(`${at}LUT_Rec709_to_LogC4_v3.cube`, 1.2 * MIB, 140);
  put(`${at}通告单_第12天.pdf`, 482 * 1024, 150);
  put(`${at}drone-telemetry-2026-11-14.csv`, 36.4 * MIB, 160, 'IA');
  for (const name of LONG_NAMES) put(at + name, 12, 200);
  const call = archive.get(`${at}通告单_第12天.pdf`);
  if (call) {
    call.versionId = '000197A1C3D2E4F5';
    call.contentType = 'application/pdf';
    call.metadata = { author: 'Lin', 'reel-count': '12' };
    call.tags = [
      { key: '项目', value: '长城日出' },
      { key: 'cost-centre', value: 'film/2026' },
    ];
    const before = (versionId: string, size: number, hoursAgo: number): Older => ({
      versionId,
      modifiedMs: now - hoursAgo * 3_600_000,
      object: { size, modifiedMs: now - hoursAgo * 3_600_000, storageClass: 'STANDARD', contentType: 'application/pdf' },
    });
    call.older = [
      before('000197A0B7716001', 471 * 1024, 160),
      { versionId: '0001979FFF20AA10', modifiedMs: now - 170 * 3_600_000, object: null },
      before('0001979E02C1BB33', 466 * 1024, 190),
    ];
  }
  put('backups/readme.txt', 4_096, 900);
  return new Map([
    ['media-archive', archive],
    ['cold-archive', new Map()],
    ['ml-checkpoints', new Map()],
    ['media-mirror-sh', new Map()],
  ]);
}

/** Regions of the buckets that are not where their account is. */
export const OTHER_REGIONS: Readonly<Record<string, string>> = { 'media-mirror-sh': 'cn-shanghai', 'practice-far': 'cn-shanghai' };

/** The list of the design's picture, with some of everything. */
export function studioTransfers(simulation: Simulation, now: number, expired: boolean): void {
  const at = 'tos://media-archive/raw/2026/11';
  const add = (direction: NewTransfer['direction'], name: string, from: string, to: string, size: number, more: Partial<NewTransfer> = {}): void => {
    simulation.add({ direction, name, from: `${from}/${name}`, to: `${to}/${name}`, size, ...more });
  };
  const running = 'transferring' as const;
  add('upload', '北京航拍_长城日出_8K_RAW_2026-11-18_A机.mov', '/home/lin/素材/航拍', at, 18.6 * GIB, { state: running, share: 0.618, partSize: 40 * MIB });
  add('upload', 'Li-Zhang wedding selects.tar', '/home/lin/Exports', 'tos://media-archive/weddings/2026/Li-Zhang', 6.3 * GIB, { state: running, share: 0.77 });
  add('copy', 'pg-base-2026-11-20T02-00Z.tar.zst', 'tos://media-archive/backups', 'tos://cold-archive/pg', 210 * GIB, { state: running, share: 0.412, partSize: 256 * MIB });
  add('download', 'llama-ft-step-184000.safetensors', 'tos://ml-checkpoints/runs/2026/11/0412', '/data/models/checkpoints', 13.2 * GIB, { state: running, share: 0.995 });
  add('download', 'imagenet-subset-train.tar', 'tos://ml-checkpoints/datasets', '/data/imagenet', 61 * GIB, { state: running, share: 0.458 });
  add('upload', '2026年第三季度财务报表_终稿(3).xlsx', '/home/lin/Documents', 'tos://media-archive/finance/reports/2026', 84 * MIB, { state: 'retrying', share: 0.38, why: { code: 'throttled', params: {}, retryable: true } });
  add('upload', 'customer-exports-2026-11.parquet', '/srv/warehouse/nightly/exports', 'tos://media-archive/exports/2026/11', 4.1 * GIB);
  add('copy', 'weddings-2025.tar', 'tos://media-archive', 'tos://cold-archive/weddings', 96.7 * GIB);
  add('download', '访谈合集_第12期_多机位粗剪.mp4', 'tos://media-archive/raw/2026/10', '/home/lin/剪辑/访谈', 27.9 * GIB);
  for (const [index, name] of LONG_NAMES.entries()) add('upload', name, '/media/CARD_A/A013', at, (index + 1) * 0.7 * GIB);
  for (let card = 1; card <= 4; card += 1) add('upload', `A013C00${card}_261121_R2QK.braw`, '/media/CARD_A/A013', at, 4.9 * GIB);
  add('upload', 'rushes-day-9.mov', '/media/CARD_B', at, 22 * GIB, { state: 'paused', share: 0.41 });
  add('download', 'proxies-1080p.tar', 'tos://media-archive/raw/2026/11', '/home/lin/Proxies', 8.2 * GIB, { state: 'paused', share: 0.07 });
  add('upload', 'nightly-export-2026-11-21.parquet', '/srv/warehouse/nightly', 'tos://media-archive/exports', 3.4 * GIB, {
    state: 'paused',
    share: 0.36,
    ...(expired ? { why: { code: 'credentials_expired', params: { name: 'tos://media-archive/exports' }, retryable: false }, needsKeysOf: 'studio' } : {}),
  });
  studioFailures(add, now);
  for (let day = 1; day <= 218; day += 1) {
    add('upload', `通告单与场记_第${day}天.zip`, '/media/CARD_A/docs', at, (40 + (day % 37) * 8) * MIB, {
      state: 'done_verified',
      endedMs: now - day * 1_700_000,
      identical: day % 31 === 0,
    });
  }
  add('copy', 'press-kit-unproven.zip', 'tos://media-archive/press', 'tos://cold-archive/press', 212 * MIB, { state: 'done_unverified', share: 1, endedMs: now - 600_000 });
}

type Add = (direction: NewTransfer['direction'], name: string, from: string, to: string, size: number, more?: Partial<NewTransfer>) => void;

/** The failures of the design's picture: four causes, the largest first. */
function studioFailures(add: Add, now: number): void {
  const album = '/home/lin/Exports/Li-Zhang wedding selects';
  const to = 'tos://media-archive/weddings/private';
  let minutes = 4;
  const fail = (direction: NewTransfer['direction'], name: string, from: string, at: string, size: number, code: string, share: number): void => {
    minutes += 1;
    const path = direction === 'download' ? at : `${from}/${name}`;
    const checks = code === 'mismatch' ? { ours: '17894207731629484211', theirs: '4471093365520914837' } : {};
    const why = { code, params: { path, name, message: '', ...checks }, retryable: code !== 'forbidden' };
    add(direction, name, from, at, size, { state: 'failed', share, why, endedMs: now - minutes * 61_000 });
  };
  const denied = ['_DSC4417.ARW', '_DSC4418.ARW', '家属合影_第一组_全家福_未修.tif', '家属合影_第二组.tif', 'speech-of-the-father-in-law_uncut_take2.wav'];
  for (let shot = 4419; denied.length < 21; shot += 1) denied.push(`_DSC${shot}.ARW`);
  for (const [index, name] of denied.entries()) fail('upload', name, `${album}/private/${index < 2 ? 'ceremony' : 'family'}`, to, (59.8 + index * 7) * MIB, 'forbidden', 0);
  for (let spread = 1; spread <= 9; spread += 1) fail('upload', `spread-0${spread}.psd`, `${album}/album`, 'tos://media-archive/weddings/album', 412 * MIB, 'source_changed', 0.4);
  for (let day = 1; day <= 5; day += 1) fail('download', `dailies-${day}.tar`, 'tos://media-archive/raw/2026/10', '/home/lin/Dailies', 5.6 * GIB, 'disk_full', 0.2);
  for (const name of ['master-v7.mov', 'master-v8.mov']) fail('upload', name, '/home/lin/Masters', 'tos://media-archive/masters', 8 * GIB, 'mismatch', 1);
}
