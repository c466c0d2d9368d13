/** Unfinished uploads of the mock: what others left in the buckets, and what our own transfers go on with. */
import type { TransferRow } from '../backend';
import type { AbortRuleView, HeldView, LeftoversBackend, UploadRow } from '../leftovers';
import { decimalOf } from './random';
import { GIB, MIB } from './world';

const DAY_MS = 86_400_000;
const PAGE = 100;
const IN_USE_MS = 600_000;

interface Upload {
  key: string;
  id: string;
  begunMs: number;
  parts: number;
  partSize: number;
  lastMs: number;
  /** Parts that the right file has in all. */
  of: number;
  transfer: number | null;
  leftBehindBy: number | null;
  source: HeldView['source'];
}

/** What the mock of uploads needs of the rest of the world. */
export interface Around {
  now: number;
  /** Refuses as a backend does; also for a bucket that is not there. */
  refuse: (code: string, params?: Record<string, string>) => never;
  checkBucket: (bucket: string) => void;
  /** A transfer that goes on, as the list shows it. */
  rowOf: (id: number) => TransferRow | null;
  /** Adds the transfer that goes on with an adopted upload; its id. */
  add: (bucket: string, key: string, path: string, size: number, kept: number) => number;
  exists: (bucket: string, key: string) => boolean;
}

/** File that the mock pretends is the one that an upload was begun with: it has the name of the key. */
function isRight(upload: Upload, path: string): boolean {
  return path.endsWith(`/${upload.key.slice(upload.key.lastIndexOf('/') + 1)}`);
}

export function leftoversMock(around: Around, studio: boolean): LeftoversBackend & { uploads: Map<string, Upload[]>; denied: Set<string> } {
  const { now, refuse } = around;
  const upload = (key: string, days: number, parts: number, partSize: number, more: Partial<Upload> = {}): Upload => ({
    key,
    id: decimalOf(key).padStart(20, '3') + decimalOf(`${key}?`).slice(0, 12),
    begunMs: now - days * DAY_MS,
    parts,
    partSize,
    lastMs: now - days * DAY_MS + 3_600_000,
    of: parts,
    transfer: null,
    leftBehindBy: null,
    source: null,
    ...more,
  });
  const uploads = new Map<string, Upload[]>();
  const denied = new Set<string>();
  if (studio) {
    const archive = [
      upload('backups/pg/pg-base-2026-11-13T02-00Z.tar.zst', 8, 1_180, 64 * MIB, { leftBehindBy: 12, of: 1_200 }),
      upload('documentary/黄河/EP03_master_ProRes4444_4K.mov', 7, 214, 100 * MIB, { of: 312 }),
      upload('exports/2026/09/customer-exports-2026-09.parquet', 50, 96, 64 * MIB, { of: 120 }),
      upload('raw/2026/10/访谈合集_第12期_多机位粗剪.mp4', 23, 402, 64 * MIB, { of: 446 }),
      upload('raw/2026/11/rushes-day-12.mov', 0.2, 41, 64 * MIB, { lastMs: now - 120_000, of: 200 }),
      upload('tmp/db-dump-manual.sql.gz', 156, 611, 64 * MIB),
      upload('weddings/2025/陈-王/highlight_v2.mov', 198, 294, 64 * MIB),
    ];
    uploads.set('media-archive', archive);
    uploads.set('ml-checkpoints', [upload('runs/2026/10/0398/optimizer-state.bin', 31, 75, 128 * MIB)]);
    denied.add('media-mirror-sh');
  }

  const rules = new Map<string, number>();
  const ruleOf = (bucket: string): AbortRuleView => {
    around.checkBucket(bucket);
    return { days: rules.get(bucket) ?? null, others: bucket === 'ml-checkpoints' ? [{ id: 'runs-30-days', prefix: 'runs/', days: 30 }] : [] };
  };

  const find = (bucket: string, key: string, id: string): Upload | undefined => uploads.get(bucket)?.find((one) => one.key === key && one.id === id);
  const remove = (bucket: string, id: string): void => void uploads.set(bucket, (uploads.get(bucket) ?? []).filter((one) => one.id !== id));
  const inUse = (one: Upload): boolean => now - one.lastMs < IN_USE_MS;

  const row = (one: Upload): UploadRow => ({
    key: one.key,
    upload_id: one.id,
    initiated_ms: Math.round(one.begunMs),
    storage_class: 'STANDARD',
    needed_by: one.transfer,
    transfer: one.transfer === null ? null : around.rowOf(one.transfer),
    left_behind_by: one.leftBehindBy,
  });

  return {
    uploads,
    denied,
    listUploads: async (bucket, prefix, after) => {
      around.checkBucket(bucket);
      if (denied.has(bucket)) return refuse('forbidden');
      const all = (uploads.get(bucket) ?? []).filter((one) => one.key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1));
      const start = after === null ? 0 : all.findIndex((one) => one.id === after.upload_id) + 1;
      const page = all.slice(start, start + PAGE);
      const last = page.at(-1);
      return { rows: page.map(row), next: last && start + PAGE < all.length ? { key: last.key, upload_id: last.id } : null };
    },
    measureUpload: async (bucket, key, id) => {
      const one = find(bucket, key, id);
      if (!one) return null;
      return {
        parts: one.parts,
        size_bytes: one.parts * one.partSize,
        last_part_ms: Math.round(one.lastMs),
        in_use: inUse(one),
        parts_planned: one.transfer === null ? null : one.of,
        source: one.transfer === null ? null : one.source,
      };
    },
    abortUpload: async (bucket, key, id) => {
      const one = find(bucket, key, id);
      if (one?.transfer != null) return refuse('upload_needed', { id: String(one.transfer) });
      remove(bucket, id);
    },
    lifecycleAbortRule: async (bucket) => ruleOf(bucket),
    setLifecycleAbortRule: async (bucket, days) => {
      around.checkBucket(bucket);
      if (days === null) rules.delete(bucket);
      else rules.set(bucket, days);
      return ruleOf(bucket);
    },
    cleanUpUploads: async (bucket, wanted) =>
      wanted.map(({ key, upload_id }) => {
        const one = find(bucket, key, upload_id);
        const outcome = one?.transfer != null ? 'needed' : one && inUse(one) ? 'in_use' : 'aborted';
        if (outcome === 'aborted') remove(bucket, upload_id);
        return { upload_id, outcome, why: null };
      }),
    readCheckpoint: async (path) => {
      if (!path.endsWith('.upload')) return refuse('not_a_checkpoint', { path });
      const one = uploads.get('media-archive')?.find((each) => each.key.startsWith('documentary/'));
      const recorded = '/home/lin/素材/EP03_master_ProRes4444_4K.mov';
      return {
        bucket: 'media-archive',
        key: one?.key ?? 'gone',
        upload_id: one?.id ?? 'gone',
        file: path.includes('moved') ? null : recorded,
        recorded_file: recorded,
        size_bytes: 312 * 100 * MIB,
      };
    },
    compareUpload: async (bucket, key, id, path) => {
      const one = find(bucket, key, id) ?? refuse('upload_not_found');
      if (!isRight(one, path)) return refuse('upload_mismatch', { path, reason: `none of its ${one.parts} parts is a part of this file` });
      // A file that was changed in the middle keeps its first parts.
      const differ = path.includes('edited') ? 3 : 0;
      const equal = one.parts - differ;
      return {
        size_bytes: one.of * one.partSize,
        part_size_bytes: one.partSize,
        parts: 'v'.repeat(equal) + 'x'.repeat(differ) + '.'.repeat(one.of - one.parts),
        parts_listed: one.parts,
        held_bytes: equal * one.partSize,
      };
    },
    stopCompare: async () => undefined,
    adoptUpload: async (bucket, key, id, path, conflict) => {
      const one = find(bucket, key, id) ?? refuse('upload_not_found');
      if (!isRight(one, path)) return refuse('upload_mismatch', { path, reason: 'no part fits' });
      if (conflict === 'fail' && around.exists(bucket, key)) return refuse('target_exists', { name: `tos://${bucket}/${key}` });
      const size = one.of * one.partSize;
      const held = one.parts * one.partSize;
      one.transfer = around.add(bucket, key, path, size, held / size);
      one.source = 'there';
      return { id: one.transfer, parts_listed: one.parts, parts_held: one.parts, held_bytes: held, size_bytes: size };
    },
  };
}

/** Where a paused transfer of the scene has its parts: it is listed as one that is needed. */
export function neededUpload(transfer: number, key: string, now: number): Upload {
  return {
    key,
    id: decimalOf(key).padStart(20, '5'),
    begunMs: now - 3 * DAY_MS,
    parts: 451,
    partSize: 20 * MIB,
    lastMs: now - 2 * DAY_MS,
    of: Math.ceil((22 * GIB) / (20 * MIB)),
    transfer,
    leftBehindBy: null,
    source: 'there',
  };
}

