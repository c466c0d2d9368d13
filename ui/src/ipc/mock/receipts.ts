/** History and receipts of the mock: of the transfers that its simulation says are done. */
import type { TransferDetail, TransferRow } from '../backend';
import { timelineOf } from './happened';
import type { EndCheck, PaperRow, PaperView, ReceiptCheckProgress, ReceiptsBackend } from '../receipts';
import { decimalOf } from './random';
import type { Simulation } from './simulation';

/** Rows that one question looks at, as in Rust. */
const LOOKED_AT_MAX = 2_000;
const KEPT_DAYS = 90;
const CHECK_MS = 400;

interface Open {
  view: PaperView;
  rows: PaperRow[];
  stop: (() => void) | null;
  progress: ReceiptCheckProgress;
}

/** What can be done to the world of receipts by hand. */
export interface Spoilt {
  /** Targets, by name, that a check finds gone. */
  gone: Set<string>;
  /** Sources, by name, that a check finds changed. */
  changed: Set<string>;
}

export function receiptsMock(simulation: Simulation, refuse: (code: string, params?: Record<string, string>) => never): ReceiptsBackend & { spoilt: Spoilt; saved: string[] } {
  const open = new Map<number, Open>();
  const spoilt: Spoilt = { gone: new Set(), changed: new Set() };
  const saved: string[] = [];
  let last = 0;

  const done = (): TransferRow[] => simulation.page('done', null, Number.MAX_SAFE_INTEGER).rows;
  const mentions = (row: TransferRow, wanted: string): boolean =>
    wanted === '' || [row.from, row.to, simulation.detail(row.id)?.request_id ?? ''].some((text) => text.toLowerCase().includes(wanted));

  function paperOf(details: TransferDetail[], file: string | null): PaperView {
    const rows = details.map(paperRow);
    last += 1;
    const one = rows.length === 1 ? rows[0] : undefined;
    const times = rows.flatMap((row) => (row.ended_ms === null ? [] : [row.ended_ms]));
    const directions = new Set(rows.map((row) => row.direction));
    const view: PaperView = {
      paper: last,
      file,
      product: 'Tern 0.1.0',
      made_ms: Date.now(),
      root_sha256: Array.from({ length: 4 }, (_, i) => BigInt(decimalOf(`${i}${rows.map((row) => row.target_crc64).join()}`)).toString(16).padStart(16, '0')).join(''),
      direction: directions.size === 1 ? (rows[0]?.direction ?? null) : null,
      name: one?.name ?? null,
      from: common(rows.map((row) => row.from)),
      to: common(rows.map((row) => row.to)),
      entries: rows.length,
      size_bytes: rows.reduce((sum, row) => sum + row.size_bytes, 0),
      verified: rows.filter((row) => row.verified).length,
      unverified: rows.filter((row) => !row.verified).length,
      skipped: 0,
      began_ms: Math.min(...rows.map((row) => row.planned_ms ?? Infinity)),
      ended_ms: Math.max(...times),
      busy_ms: rows.reduce((sum, row) => sum + row.busy_ms, 0),
      parts_again: rows.reduce((sum, row) => sum + row.parts_again, 0),
      timeline: timelineOf(rows),
    };
    open.set(last, { view, rows, stop: null, progress: { looked: 0, entries: rows.length, read_bytes: 0, total_bytes: 0 } });
    return view;
  }

  const get = (paper: number): Open => open.get(paper) ?? refuse('receipt_closed');

  return {
    spoilt,
    saved,
    history: async (after, search, limit) => {
      const wanted = search.trim().toLowerCase();
      const all = done();
      const start = after === null ? 0 : all.findIndex((row) => row.id === after.id) + 1;
      const rows: TransferRow[] = [];
      let at = start;
      for (; at < all.length && at < start + LOOKED_AT_MAX && rows.length < limit; at += 1) {
        const row = all[at];
        if (row && mentions(row, wanted)) rows.push(row);
      }
      const reached = all[at - 1];
      return { rows, next: at < all.length && reached ? { ended_ms: reached.ended_ms ?? 0, id: reached.id } : null, kept_days: KEPT_DAYS };
    },
    openReceipt: async (choice) => {
      const ids =
        choice.of === 'transfers'
          ? choice.ids
          : done()
              .filter((row) => (row.ended_ms ?? 0) >= (choice.since_ms ?? -Infinity) && (row.ended_ms ?? 0) < (choice.until_ms ?? Infinity))
              .filter((row) => mentions(row, choice.search.trim().toLowerCase()))
              .map((row) => row.id)
              .reverse();
      return paperOf(ids.map((id) => simulation.detail(id) ?? refuse('internal', { message: `there is no transfer ${id}` })), null);
    },
    openReceiptFile: async (path) => {
      if (path.includes('altered')) return refuse('receipt_altered', { path });
      if (!path.endsWith('.json')) return refuse('not_a_receipt', { path });
      return paperOf(done().slice(0, 3).map((row) => simulation.detail(row.id) ?? refuse('internal')), path);
    },
    receiptRows: async (paper, from, limit) => structuredClone(get(paper).rows.slice(from, from + limit)),
    checkReceipt: async (paper, read) => {
      const one = get(paper);
      const bytes = one.rows.reduce((sum, row) => sum + row.size_bytes, 0) * (read ? 2 : 1);
      one.progress = { looked: 0, entries: one.rows.length, read_bytes: Math.round(bytes / 3), total_bytes: bytes };
      const ended = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(true), CHECK_MS);
        one.stop = () => {
          clearTimeout(timer);
          resolve(false);
        };
      });
      if (!ended) return null;
      const plain = (finding: EndCheck['finding']): EndCheck => ({ finding, found: null, expected: null, why: null });
      for (const row of one.rows) {
        row.target_check = spoilt.gone.has(row.name) ? plain('gone') : plain(row.target_crc64 === null && !read ? 'by_tag' : 'equal');
        row.source_check = spoilt.changed.has(row.name) ? { ...plain('size_differs'), found: '12', expected: String(row.size_bytes) } : plain('equal');
      }
      const proved = one.rows.filter((row) => read && one.view.file === null && !row.verified && row.target_check?.finding !== 'gone' && row.source_check?.finding === 'equal');
      for (const row of proved) {
        row.verified = true;
        row.target_crc64 = row.source_crc64;
        simulation.prove(row.transfer);
      }
      if (proved.length > 0) {
        const { verified, unverified } = one.view;
        one.view = { ...one.view, verified: verified + proved.length, unverified: unverified - proved.length, made_ms: Date.now() };
      }
      one.progress = { looked: one.rows.length, entries: one.rows.length, read_bytes: bytes, total_bytes: bytes };
      const count = (wanted: EndCheck['finding'], end: 'target_check' | 'source_check'): number => one.rows.filter((row) => row[end]?.finding === wanted).length;
      const gone = count('gone', 'target_check');
      return {
        targets: one.rows.length,
        equal: one.rows.length - gone,
        not_by_content: count('by_tag', 'target_check'),
        different: 0,
        gone,
        unchecked: 0,
        skipped: 0,
        sources_changed: one.rows.length - count('equal', 'source_check'),
        proved: proved.length,
        view: one.view,
      };
    },
    checkProgress: async (paper) => get(paper).progress,
    stopCheck: async (paper) => open.get(paper)?.stop?.(),
    saveReceipt: async (paper, format) => {
      const path = `/home/lin/Documents/tern-receipt-${get(paper).rows[0]?.transfer ?? 0}.${format}`;
      saved.push(path);
      return path;
    },
    closeReceipt: async (paper) => {
      open.get(paper)?.stop?.();
      open.delete(paper);
    },
  };
}

function paperRow(detail: TransferDetail): PaperRow {
  const { row } = detail;
  const size = row.size_bytes ?? 0;
  const busy = Math.round(size / 20_000) + 350;
  const ended = row.ended_ms ?? Date.now();
  return {
    transfer: row.id,
    direction: row.direction,
    relayed: false,
    outcome: row.identical ? 'identical' : 'moved',
    name: row.name,
    from: row.from,
    to: row.to,
    size_bytes: size,
    verified: row.state === 'done_verified',
    source_crc64: detail.source_crc64,
    target_crc64: detail.target_crc64,
    etag: BigInt(decimalOf(row.to)).toString(16).padStart(32, '0'),
    version: null,
    requests: detail.request_id === null ? [] : [{ purpose: 'published', id: detail.request_id }],
    parts: detail.parts.length,
    parts_again: detail.retries,
    added_ms: ended - busy - 60_000,
    planned_ms: ended - busy,
    ended_ms: ended,
    busy_ms: busy,
    target_check: null,
    source_check: null,
  };
}

/** What all begin with, up to the end of a folder; the only one, if there is one. */
function common(all: readonly string[]): string {
  const [first, ...rest] = all;
  if (first === undefined || rest.length === 0) return first ?? '';
  let length = first.length;
  for (const other of rest) {
    let same = 0;
    while (same < length && first.charAt(same) === other.charAt(same)) same += 1;
    length = same;
  }
  const shared = first.slice(0, first.lastIndexOf('/', length - 1) + 1);
  return shared === 'tos://' || shared === '/' ? '' : shared;
}
