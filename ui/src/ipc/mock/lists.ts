/** The lists of the mock beyond their pages: failures by cause, the selection, the queue's order, undo, logs, options. */
import type { ActOn, Acted, Actions, Backend, FailedRow, MoveTo, Priority, Select, Selected, TransferFilter } from '../backend';
import { needsOf, operationOf, policyOf } from './permissions';
import type { Simulation } from './simulation';
import { moved, requestIdOf, type Transfer } from './transfer';

type Lists = Pick<
  Backend,
  | 'transfers'
  | 'transferLog'
  | 'setTransferOptions'
  | 'dismiss'
  | 'dismissList'
  | 'moveTransfers'
  | 'undo'
  | 'select'
  | 'selected'
  | 'actOnSelection'
  | 'moveSelection'
  | 'failedGroups'
  | 'failedRows'
  | 'retryFailed'
  | 'dismissFailed'
  | 'failedPaths'
  | 'failedPolicy'
  | 'changeFailedFolder'
  | 'exportFailed'
>;

/** What the store's own words for a cause are; what fails on this computer has none. */
const STORE_CODES: Readonly<Record<string, [status: number, code: string, ec: string]>> = {
  forbidden: [403, 'AccessDenied', '0003-00000001'],
  credentials_expired: [403, 'ExpiredToken', '0003-00000011'],
  throttled: [503, 'SlowDown', '0015-00000002'],
  target_exists: [412, 'PreconditionFailed', '0016-00000003'],
};

const PATHS_MAX = 10_000;
/** So many of a cause tell whether downloads are among them. */
const NEWEST = 500;

export function createLists(
  simulation: Simulation,
  refuse: (code: string, params?: Record<string, string>) => never,
  pickFolder: () => Promise<string | null>,
): Lists {
  let wish = 0;
  /** What was added in the place of what was dismissed. */
  const instead = new Map<number, number[]>();
  const orders = new Map<number, { line: number[]; priorities: [number, Priority][] }>();
  let held: { filter: TransferFilter; all: boolean; ids: Set<number> } = { filter: 'active', all: false, ids: new Set() };

  const failed = (code: string | null): Transfer[] =>
    simulation
      .entries()
      .filter((one) => one.state === 'failed' && (code === null || one.why?.code === code))
      .sort((a, b) => (b.endedMs ?? 0) - (a.endedMs ?? 0) || b.id - a.id);

  function dismissed(ids: number[]): Acted {
    wish += 1;
    simulation.dismiss(ids, wish);
    return { count: ids.length, undo: ids.length > 0 ? wish : null };
  }

  /** Those of which the row offers it. */
  function fitting(ids: number[], act: ActOn): number[] {
    return ids.filter((id) => {
      const transfer = simulation.get(id);
      return transfer !== undefined && simulation.rowOf(transfer).actions[act];
    });
  }

  function chosen(): number[] {
    const ids = simulation.ids(held.filter);
    return held.all ? ids.filter((id) => !held.ids.has(id)) : [...ids.filter((id) => held.ids.has(id)), ...[...held.ids].filter((id) => !ids.includes(id))];
  }

  function figures(filter: TransferFilter): Selected {
    const ids = held.filter === filter ? chosen() : [];
    const rows = ids.flatMap((id) => simulation.get(id) ?? []).filter((one) => one.dismissed === null).map((one) => simulation.rowOf(one));
    const actions: Actions = { pause: false, resume: false, start: false, cancel: false, retry: false, remove: false, reveal: false, limit: false, verify: false };
    for (const row of rows) for (const name of Object.keys(actions) as (keyof Actions)[]) actions[name] ||= row.actions[name];
    const first = rows[0]?.direction;
    return {
      filter,
      count: rows.length,
      names: rows.slice(0, 5).map((row) => row.name),
      direction: first !== undefined && rows.every((row) => row.direction === first) ? first : null,
      done_bytes: rows.reduce((sum, row) => sum + row.done_bytes, 0),
      exact: rows.length <= 500,
      actions,
    };
  }

  function change(filter: TransferFilter, what: Select): void {
    if (held.filter !== filter) held = { filter, all: false, ids: new Set() };
    switch (what.do) {
      case 'only':
        held = { filter, all: false, ids: new Set([what.id]) };
        return;
      case 'toggle':
        if (!held.ids.delete(what.id)) held.ids.add(what.id);
        return;
      case 'range': {
        const ids = simulation.ids(filter);
        const [a, b] = [ids.indexOf(what.from), ids.indexOf(what.to)];
        held = { filter, all: false, ids: new Set(a < 0 || b < 0 ? [what.to] : ids.slice(Math.min(a, b), Math.max(a, b) + 1)) };
        return;
      }
      case 'all':
        held = { filter, all: true, ids: new Set() };
        return;
      case 'pinned':
        held = { filter, all: false, ids: new Set(chosen()) };
        return;
      case 'none':
        held = { filter, all: false, ids: new Set() };
    }
  }

  function move(asked: number[], to: MoveTo): Acted {
    const line = simulation.ids('waiting');
    const ids = line.filter((id) => asked.includes(id));
    const rest = line.filter((id) => !ids.includes(id));
    const first = line.indexOf(ids[0] ?? -1);
    const last = line.indexOf(ids.at(-1) ?? -1);
    let at: number;
    switch (to.to) {
      case 'first':
        at = 0;
        break;
      case 'last':
        at = rest.length;
        break;
      case 'before':
        if (ids.includes(to.id)) return { count: 0, undo: null };
        at = rest.indexOf(to.id);
        break;
      case 'up':
        at = line.slice(0, first).filter((id) => !ids.includes(id)).length - 1;
        break;
      case 'down':
        at = line.slice(0, last).filter((id) => !ids.includes(id)).length + 1;
    }
    if (ids.length === 0 || at < 0 || at > rest.length) return { count: 0, undo: null };
    const moved = [...rest.slice(0, at), ...ids, ...rest.slice(at)];
    if (moved.every((id, index) => id === line[index])) return { count: 0, undo: null };
    wish += 1;
    const priorities = ids.flatMap((id): [number, Priority][] => {
      const one = simulation.get(id);
      return one ? [[id, one.priority]] : [];
    });
    orders.set(wish, { line, priorities });
    simulation.reorder(moved);
    // A place is a priority: theirs is that of their new neighbour.
    const neighbour = simulation.get(rest[at] ?? rest.at(-1) ?? -1);
    for (const [id] of priorities) {
      const one = simulation.get(id);
      if (one && neighbour) one.priority = neighbour.priority;
    }
    return { count: ids.length, undo: wish };
  }

  function failedRow(transfer: Transfer): FailedRow {
    const row = simulation.rowOf(transfer);
    const why = row.why ?? { code: 'internal', params: {}, retryable: false };
    const known = STORE_CODES[why.code];
    return {
      id: row.id,
      direction: row.direction,
      name: row.name,
      from: row.from,
      to: row.to,
      size_bytes: row.size_bytes,
      ended_ms: row.ended_ms,
      why,
      answer: known
        ? {
            status: known[0],
            code: known[1],
            extended_code: known[2],
            request_id: requestIdOf(row.id, 0),
            operation: operationOf(transfer),
            message: `${known[1]}: the request was refused`,
          }
        : null,
      tries: transfer.retries + 1,
    };
  }

  return {
    transfers: async (filter, after, limit) => {
      const page = simulation.page(filter, after, limit);
      const selected = held.filter === filter ? page.rows.filter((row) => held.ids.has(row.id) !== held.all).map((row) => row.id) : [];
      return { ...page, selected };
    },
    transferLog: async (id, before, limit) => {
      const { log } = simulation.get(id) ?? refuse('internal', { message: `no transfer ${id}` });
      const rows = log.filter((row) => before === null || row.seq < before);
      const page = rows.slice(0, limit);
      return { total: log.length, rows: page, next: rows.length > limit ? (page.at(-1)?.seq ?? null) : null };
    },
    setTransferOptions: async (id, form) => {
      const transfer = simulation.get(id) ?? refuse('internal', { message: `no transfer ${id}` });
      const open = simulation.detail(id)?.options;
      const isLater = form.part_size_bytes !== null || form.conflict !== null;
      if (!open?.parallel_open || (isLater && !open.plan_open)) refuse('invalid_option', { reason: `transfer ${id} has begun` });
      transfer.options = {
        parallel_parts: form.parallel_parts ?? transfer.options.parallel_parts,
        part_size_bytes: form.part_size_bytes ?? transfer.options.part_size_bytes,
        conflict: form.conflict ?? transfer.options.conflict,
      };
      simulation.revision += 1;
    },

    dismiss: async (ids, how) => dismissed(fitting(ids, how)),
    dismissList: async (filter) => (filter === 'done' ? dismissed(simulation.ids(filter)) : refuse('invalid_option', { name: 'filter', value: filter })),
    moveTransfers: async (ids, to) => move(ids, to),
    undo: async (number) => {
      const order = orders.get(number);
      if (!order) {
        const isBack = simulation.recall(number);
        if (isBack) dismissed(instead.get(number) ?? []);
        return isBack;
      }
      orders.delete(number);
      simulation.reorder(order.line);
      for (const [id, priority] of order.priorities) {
        const one = simulation.get(id);
        if (one) one.priority = priority;
      }
      return true;
    },

    select: async (filter, what) => {
      change(filter, what);
      return figures(filter);
    },
    selected: async (filter) => figures(filter),
    actOnSelection: async (act) => {
      const ids = chosen();
      const fits = fitting(ids, act);
      if (act === 'cancel' || act === 'remove') {
        held = { filter: held.filter, all: false, ids: new Set() };
        return dismissed(fits);
      }
      simulation[act](fits);
      return { count: fits.length, undo: null };
    },
    moveSelection: async (to) => move(chosen(), to),

    failedGroups: async () => {
      const groups = new Map<string, Transfer[]>();
      for (const one of failed(null)) groups.set(one.why?.code ?? 'internal', [...(groups.get(one.why?.code ?? 'internal') ?? []), one]);
      return {
        revision: simulation.revision,
        total: failed(null).length,
        groups: [...groups]
          .map(([code, of]) => ({
            code,
            count: of.length,
            store_code: STORE_CODES[code]?.[1] ?? null,
            needs: code === 'forbidden' && of[0] ? needsOf(of[0]) : null,
            downloads: of.slice(0, NEWEST).some((one) => one.given.direction === 'download'),
          }))
          .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
      };
    },
    failedRows: async (code, after, limit) => {
      const all = failed(code);
      const start = after === null ? 0 : all.findIndex((one) => one.id === after) + 1;
      const rows = all.slice(start, start + limit).map(failedRow);
      return { revision: simulation.revision, total: all.length, rows, next: start + limit < all.length ? (rows.at(-1)?.id ?? null) : null };
    },
    retryFailed: async (code) => {
      const ids = failed(code).map((one) => one.id);
      simulation.retry(ids);
      return ids.length;
    },
    dismissFailed: async (code) => dismissed(failed(code).map((one) => one.id)),
    failedPaths: async (code) => {
      const all = failed(code);
      return { text: all.slice(0, PATHS_MAX).map((one) => one.given.from).join('\n'), count: Math.min(PATHS_MAX, all.length), left_out: Math.max(0, all.length - PATHS_MAX) };
    },
    failedPolicy: async (code) => policyOf(failed(code)),
    changeFailedFolder: async (code) => {
      const folder = await pickFolder();
      if (folder === null) return null;
      const downloads = failed(code).filter((one) => one.given.direction === 'download');
      const begun = downloads.filter((one) => moved(one) > 0).length;
      const { undo } = dismissed(downloads.map((one) => one.id));
      const added = downloads.map(({ given }) =>
        simulation.add({ direction: 'download', name: given.name, from: given.from, to: `${folder}/${given.name}`, size: given.size }),
      );
      if (undo !== null) instead.set(undo, added);
      return { count: downloads.length, folder, begun_anew: begun, undo };
    },
    exportFailed: async () => ({ path: '/home/lin/failed.csv', count: failed(null).length }),
  };
}
