/** A transfer of the mock: what is known of it, what can be done in its state, and how the window is told. */
import { assertNever } from '../../assert';
import type { Actions, AppError, Conflict, Direction, LogRow, Priority, ShownState, TransferDetail, TransferRow } from '../backend';
import { decimalOf } from './random';
import type { Speed } from './speed';

export interface NewTransfer {
  direction: Direction;
  name: string;
  from: string;
  to: string;
  size: number;
  /** Part size; by default 20 MiB and more for what has over 10,000 parts. */
  partSize?: number;
  /** How far it is already, 0 to 1. */
  share?: number;
  state?: ShownState;
  why?: AppError | null;
  endedMs?: number;
  identical?: boolean;
  ownLimit?: number;
  priority?: Priority;
  /** The account whose keys have expired. */
  needsKeysOf?: string;
}

export interface Part {
  code: '.' | '~' | '#' | 'r' | 'v' | 'x';
  size: number;
  moved: number;
  again: boolean;
}

export interface Transfer {
  id: number;
  given: NewTransfer;
  state: ShownState;
  why: AppError | null;
  parts: Part[];
  partSize: number;
  speed: number;
  until: number;
  stateSince: number;
  endedMs: number | null;
  savedMs: number | null;
  retries: number;
  reused: number;
  ownLimit: number | null;
  priority: Priority;
  /** Faults still to come. */
  faults: Set<string>;
  options: { parallel_parts: number; part_size_bytes: number; conflict: Conflict };
  /** The account that it waits for, where its keys have expired. */
  needsKeysOf: string | null;
  /** Until when it can be taken back, and by which wish it was dismissed. */
  dismissed: { wish: number; until: number } | null;
  log: LogRow[];
}

export const ENDED: readonly ShownState[] = ['done_verified', 'done_unverified', 'cancelling'];

/** As the engine gives up what has worked before. */
const TRIES_MAX = 12;

export const PLACE: Record<Priority, number> = { high: 0, normal: 1, low: 2 };

export const RUNNING: readonly ShownState[] = [
  'scanning',
  'transferring',
  'verifying',
  'no_network',
  'retrying',
  'cancelling',
];

/** All that the drawer shows of it. */
export function detailOf(transfer: Transfer, row: TransferRow): TransferDetail {
  const { id, parts, given } = transfer;
  const ended = transfer.state === 'done_verified' || transfer.state === 'done_unverified';
  const confirmed = parts.filter((part) => part.code !== '.' && part.code !== '~' && part.code !== 'x').length;
  const begun = confirmed > 0 || transfer.state === 'transferring';
  const crc = decimalOf(given.from);
  return {
    row,
    part_size_bytes: transfer.state === 'waiting' && !begun ? null : transfer.partSize,
    parts: parts.map((part) => part.code).join(''),
    live: parts.filter((part) => part.code === '~').map((part) => part.moved / part.size),
    upload_id: begun && given.direction !== 'download' && parts.length > 1 ? decimalOf(`u${id}`).padStart(20, '7') : null,
    temp_file: begun && !ended && given.direction === 'download' ? `${given.to}.tern-part` : null,
    source_crc64: ended || transfer.state === 'verifying' ? crc : null,
    target_crc64: transfer.state === 'done_verified' ? crc : null,
    parts_confirmed: given.direction === 'upload' ? confirmed : 0,
    parts_sent: confirmed + transfer.retries,
    parts_reused: transfer.reused,
    retries: transfer.retries,
    request_id: begun || transfer.state === 'failed' ? requestIdOf(id, 0) : null,
    saved_ms: transfer.savedMs,
    options: {
      ...transfer.options,
      parallel_open: !ended && transfer.state !== 'cancelling',
      plan_open: !begun && ['waiting', 'paused', 'failed'].includes(transfer.state),
    },
    needs_keys_of: transfer.needsKeysOf,
  };
}

/** Its row in a list. */
export function rowOf(transfer: Transfer, limits: Speed, now: number, startsInS: number | null): TransferRow {
  const { given, state, speed } = transfer;
  const done = transfer.parts.reduce((sum, part) => sum + (part.code === '~' ? 0 : part.moved), 0);
  const all = moved(transfer);
  return {
    id: transfer.id,
    direction: given.direction,
    name: given.name,
    from: given.from,
    to: given.to,
    state,
    why: transfer.why,
    size_bytes: state === 'scanning' && done === 0 ? null : given.size,
    done_bytes: done,
    in_flight_bytes: all - done,
    speed_bytes_s: state === 'transferring' ? speed : 0,
    left_s: state === 'transferring' && speed > 0 ? (given.size - all) / speed : state === 'verifying' ? 1 : null,
    retry_in_s: state === 'retrying' ? Math.max(0, Math.ceil((transfer.until - now) / 1000)) : null,
    // Here something has moved before each failure, so none of them is counted twice.
    next_try: state === 'retrying' ? 2 : null,
    tries_max: state === 'retrying' ? TRIES_MAX : null,
    starts_in_s: startsInS,
    ended_ms: transfer.endedMs,
    identical: given.identical ?? false,
    own_limit_bytes_s: transfer.ownLimit,
    limit: limits.of(given.direction, transfer.ownLimit),
    priority: transfer.priority,
    actions: { ...actionsOf(state), ...(state === 'failed' ? { reveal: given.direction === 'upload' } : {}), limit: given.direction !== 'copy' && !ENDED.includes(state) },
  };
}

export function requestIdOf(id: number, seq: number): string {
  return `0217637${String(id).padStart(5, '0')}a1fd${String(seq).padStart(6, '0')}0000000000ac11c84`;
}

export function moved(transfer: Transfer): number {
  return transfer.parts.reduce((sum, part) => sum + part.moved, 0);
}

export function rewind(part: Part): void {
  part.code = '.';
  part.moved = 0;
}

export function faultsOf(name: string): Set<string> {
  return new Set(['denied', 'flaky', 'offline', 'changed', 'full', 'unproven'].filter((word) => name.includes(word)));
}

export function actionsOf(state: ShownState): Actions {
  const none: Actions = { pause: false, resume: false, start: false, cancel: false, retry: false, remove: false, reveal: false, limit: false, verify: false };
  switch (state) {
    case 'waiting':
      return { ...none, start: true, pause: true, cancel: true, reveal: true };
    case 'scanning':
    case 'transferring':
      return { ...none, pause: true, cancel: true, reveal: true };
    case 'no_network':
    case 'retrying':
      return { ...none, pause: true, cancel: true };
    case 'verifying':
    case 'cancelling':
      return none;
    case 'paused':
      return { ...none, resume: true, cancel: true, reveal: true };
    case 'failed':
      return { ...none, retry: true, remove: true };
    case 'done_verified':
      return { ...none, remove: true, reveal: true };
    case 'done_unverified':
      return { ...none, remove: true, reveal: true, verify: true };
    default:
      return assertNever(state);
  }
}
