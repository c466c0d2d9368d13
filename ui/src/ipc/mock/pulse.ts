/** What the mock pushes: counters over all its transfers, as Rust has them ready. */
import type { Counts, LimitsNow, Pulse } from '../backend';
import type { Speed } from './speed';
import { moved, RUNNING, type Transfer } from './transfer';

export interface Around {
  revision: number;
  /** Null where this computer cannot be kept awake. */
  keepAwake: boolean | null;
  network: Pulse['network'];
}

export function pulseOf(all: readonly Transfer[], speed: Speed, { revision, keepAwake, network }: Around): Pulse {
  const transfers = all.filter(({ dismissed }) => dismissed === null);
  const towards = (direction: 'upload' | 'download'): number =>
    transfers.reduce((sum, { given, speed: now }) => sum + (given.direction === direction ? now : 0), 0);
  const open = transfers.filter(({ state }) => RUNNING.includes(state) || state === 'waiting');
  const moves = transfers.some(({ state }) => state === 'transferring');
  return {
    revision,
    counts: countsOf(transfers),
    upload_bytes_s: towards('upload'),
    download_bytes_s: towards('download'),
    limits: limitsNow(transfers, speed),
    left_bytes: open.reduce((sum, transfer) => sum + transfer.given.size - moved(transfer), 0),
    awake: keepAwake === null ? 'unavailable' : !keepAwake ? 'off' : moves ? 'held' : 'idle',
    network,
    on_battery: speed.onBattery,
    metered: speed.metered,
  };
}

function countsOf(transfers: readonly Transfer[]): Counts {
  const counts: Counts = { active: 0, waiting: 0, paused: 0, failed: 0, done: 0 };
  for (const { state } of transfers) {
    if (RUNNING.includes(state)) counts.active += 1;
    else if (state === 'waiting') counts.waiting += 1;
    else if (state === 'paused') counts.paused += 1;
    else if (state === 'failed') counts.failed += 1;
    else counts.done += 1;
  }
  return counts;
}

function limitsNow(transfers: readonly Transfer[], speed: Speed): LimitsNow {
  const [upload, download] = [speed.general('upload'), speed.general('download')];
  const own = transfers.flatMap(({ state, ownLimit }) => (ownLimit !== null && RUNNING.includes(state) ? [ownLimit] : []));
  return {
    upload_bytes_s: upload.bytes_s,
    download_bytes_s: download.bytes_s,
    upload,
    download,
    own_count: own.length,
    own_lowest_bytes_s: own.length === 0 ? null : Math.min(...own),
  };
}
