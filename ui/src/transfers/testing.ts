/** Rows for tests: a transfer in the middle of its way, changed where the test needs it. */
import type { TransferDetail, TransferPage, TransferRow } from '../ipc/backend';

export const NO_ACTIONS = { pause: false, resume: false, start: false, cancel: false, retry: false, remove: false, reveal: false, limit: false, verify: false };
const GIB = 1024 ** 3;

export function rowOf(more: Partial<TransferRow> = {}): TransferRow {
  return {
    id: 1,
    direction: 'upload',
    name: 'A012C004_261117_R2QK.braw',
    from: '/media/CARD_A/A012C004_261117_R2QK.braw',
    to: 'tos://media-archive/raw/2026/11/A012C004_261117_R2QK.braw',
    state: 'transferring',
    why: null,
    size_bytes: 18.6 * GIB,
    done_bytes: 11.5 * GIB,
    in_flight_bytes: 0,
    speed_bytes_s: 15.8 * 1024 ** 2,
    left_s: 480,
    retry_in_s: null,
    next_try: null,
    tries_max: null,
    starts_in_s: null,
    ended_ms: null,
    identical: false,
    own_limit_bytes_s: null,
    limit: { bytes_s: null, source: 'general', until_ms: null },
    priority: 'normal',
    actions: { ...NO_ACTIONS, pause: true, cancel: true, limit: true },
    ...more,
  };
}

export function detailOf(more: Partial<TransferDetail> = {}): TransferDetail {
  return {
    row: rowOf(),
    part_size_bytes: 40 * 1024 ** 2,
    parts: '####r~~..x',
    live: [0.25, 0.5],
    upload_id: '7f3c91d0123456789a2e4',
    temp_file: null,
    source_crc64: null,
    target_crc64: null,
    parts_confirmed: 5,
    parts_sent: 6,
    parts_reused: 0,
    retries: 1,
    request_id: null,
    saved_ms: null,
    options: { parallel_parts: 8, part_size_bytes: 40 * 1024 ** 2, conflict: 'fail', parallel_open: true, plan_open: false },
    needs_keys_of: null,
    ...more,
  };
}

export function pageOf(rows: TransferRow[], more: Partial<TransferPage> = {}): TransferPage {
  return { revision: 1, total: rows.length, rows, selected: [], next: null, ...more };
}
