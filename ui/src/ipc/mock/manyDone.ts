/** A history as long as one likes, of which nothing is stored: a page is counted out when it is asked for. */
import type { Backend, TransferRow } from '../backend';

const DAYS_MS = 86_400_000;

function done(n: number, now: number): TransferRow {
  const name = `scan-${String(n).padStart(7, '0')}.tif`;
  const size = 4_000_000 + ((n * 2_654_435_761) % 60_000_000);
  return {
    // Ids of the simulation begin with one, so these stay apart.
    id: 1_000_000_000 + n,
    direction: n % 3 === 0 ? 'download' : 'upload',
    name,
    from: `/srv/scans/${Math.floor(n / 1000)}/${name}`,
    to: `tos://media-archive/scans/${Math.floor(n / 1000)}/${name}`,
    state: n % 97 === 0 ? 'done_unverified' : 'done_verified',
    why: null,
    size_bytes: size,
    done_bytes: size,
    in_flight_bytes: 0,
    speed_bytes_s: 0,
    left_s: null,
    retry_in_s: null,
    next_try: null,
    tries_max: null,
    starts_in_s: null,
    ended_ms: now - Math.floor((n / 12_000) * DAYS_MS),
    identical: false,
    own_limit_bytes_s: null,
    limit: null,
    priority: 'normal',
    actions: { pause: false, resume: false, start: false, cancel: false, retry: false, remove: true, reveal: true, limit: false, verify: n % 97 === 0 },
  };
}

/** Puts so many finished transfers into the list of what is done. */
export function withManyDone<B extends Backend>(backend: B, count: number, now: number): B {
  if (count === 0) return backend;
  const transfers = backend.transfers.bind(backend);
  backend.transfers = async (filter, after, limit) => {
    if (filter !== 'done') return transfers(filter, after, limit);
    const first = after === null ? 0 : after - 1_000_000_000 + 1;
    const rows = Array.from({ length: Math.max(0, Math.min(limit, count - first)) }, (_, i) => done(first + i, now));
    const last = rows.at(-1);
    return { revision: 1, total: count, rows, selected: [], next: last && first + rows.length < count ? last.id : null };
  };
  return backend;
}
