/**
 * Transfers that behave like those of the engine, on a clock that the caller moves.
 *
 * It knows the states, the parts, limits and a few faults (by words in the file name), so that every screen can be
 * seen and driven without Rust. It is no model of the engine: what is true about resuming is tested there.
 */
import { assertNever } from '../../assert';
import type {
  AppError,
  Direction,
  Limits,
  Priority,
  Pulse,
  ShownState,
  TransferDetail,
  TransferFilter,
  TransferPage,
  TransferRow,
} from '../backend';
import { startsIn } from './line';
import { pulseOf } from './pulse';
import { seeded } from './random';
import { Speed } from './speed';
import { actionsOf, detailOf, faultsOf, moved, type NewTransfer, type Part, PLACE, requestIdOf, rewind, rowOf, RUNNING, type Transfer } from './transfer';

const MIB = 1024 ** 2;
const CAPACITY: Record<Direction, number> = { upload: 44 * MIB, download: 62 * MIB, copy: 900 * MIB };
/** Transfers that work at a time unless the settings say otherwise. */
export const AT_ONCE = 6;
const PARTS_AT_ONCE = 8;
const SCAN_MS = 500;
const RETRY_MS = 8_000;
const OFFLINE_MS = 6_000;
const UNDO_MS = 10_000;

export class Simulation {
  readonly speed = new Speed(() => this.#now);
  revision = 1;
  activeMax = AT_ONCE;
  /** Null where this computer cannot be kept awake. */
  keepAwake: boolean | null = true;
  network: Pulse['network'] = 'online';
  /** Called when a transfer ended. */
  onEnded: (row: TransferRow) => void = () => undefined;
  #transfers = new Map<number, Transfer>();
  #next = 1;
  /** The limits as they were at the last look: time alone changes them, too. */
  #told = '';
  #line: { revision: number; startsIn: ReadonlyMap<number, number> } = { revision: -1, startsIn: new Map() };
  #now: number;
  #random: () => number;

  constructor(seed: number, now: number) {
    this.#random = seeded(seed);
    this.#now = now;
  }

  /** The limits of all transfers, as they are set. */
  get limits(): Limits {
    return this.speed.limits;
  }

  set limits(limits: Limits) {
    this.speed.setLimits(limits);
    this.revision += 1;
  }

  add(asked: NewTransfer): number {
    const given = { ...asked, size: Math.round(asked.size) };
    const id = this.#next++;
    const partSize = given.partSize ?? Math.max(20 * MIB, Math.ceil(given.size / 10_000));
    const count = Math.max(1, Math.ceil(given.size / partSize));
    const sent = Math.floor(count * (given.share ?? (given.state === 'done_verified' ? 1 : 0)));
    const parts = Array.from({ length: count }, (_, i): Part => {
      const size = Math.min(partSize, given.size - i * partSize);
      const there = i < sent;
      const again = there && count > 40 && this.#random() < 0.014;
      return { code: there ? (again ? 'r' : '#') : '.', size, moved: there ? size : 0, again };
    });
    const state = given.state ?? 'waiting';
    this.#transfers.set(id, {
      id,
      given,
      state,
      why: given.why ?? null,
      parts,
      partSize,
      speed: 0,
      until: state === 'retrying' ? this.#now + RETRY_MS : 0,
      stateSince: this.#now,
      endedMs: given.endedMs ?? null,
      savedMs: sent > 0 ? this.#now - 4_000 : null,
      retries: parts.filter((part) => part.again).length,
      reused: 0,
      ownLimit: given.ownLimit ?? null,
      priority: given.priority ?? 'normal',
      faults: faultsOf(given.name),
      options: { parallel_parts: PARTS_AT_ONCE, part_size_bytes: given.partSize ?? 20 * MIB, conflict: 'fail' },
      needsKeysOf: given.needsKeysOf ?? null,
      dismissed: null,
      log: [],
    });
    const added = this.#transfers.get(id);
    if (added) this.#note(added, 'added', {}, null, given.endedMs === undefined ? this.#now - 600_000 : given.endedMs - 900_000);
    if (added && state !== 'waiting') this.#note(added, state, state === 'retrying' ? { s: '8' } : {}, added.why, given.endedMs ?? this.#now);
    this.revision += 1;
    return id;
  }

  #note(transfer: Transfer, what: string, params: Record<string, string> = {}, why: AppError | null = null, at = this.#now): void {
    const seq = (transfer.log[0]?.seq ?? 0) + 1;
    const asked = why !== null || what === 'part_accepted' || what === 'upload_opened';
    const request_id = asked ? requestIdOf(transfer.id, seq) : null;
    transfer.log.unshift({ seq, at_ms: at, what, params, why, request_id });
  }

  /** All that are in a list, in the order of the queue. */
  entries(): Transfer[] {
    return [...this.#transfers.values()].filter((transfer) => transfer.dismissed === null);
  }

  get(id: number): Transfer | undefined {
    return this.#transfers.get(id);
  }

  rowOf(transfer: Transfer): TransferRow {
    return rowOf(transfer, this.speed, this.#now, this.#startsIn().get(transfer.id) ?? null);
  }

  #startsIn(): ReadonlyMap<number, number> {
    if (this.#line.revision !== this.revision) {
      const running = this.entries().filter((transfer) => RUNNING.includes(transfer.state));
      const waiting = this.#in('waiting').filter((transfer) => !this.#stopped(transfer));
      this.#line = { revision: this.revision, startsIn: startsIn(running, waiting, this.activeMax) };
    }
    return this.#line.startsIn;
  }

  /** Puts the queue into another order; those that are not named stay behind. */
  reorder(ids: readonly number[]): void {
    const all = this.#transfers;
    this.#transfers = new Map();
    for (const id of [...ids, ...all.keys()]) {
      const transfer = all.get(id);
      if (transfer) this.#transfers.set(id, transfer);
    }
    this.revision += 1;
  }

  dismiss(ids: readonly number[], wish: number): void {
    this.#each(ids, (transfer) => {
      if (transfer.dismissed !== null || transfer.state === 'cancelling') return;
      for (const part of transfer.parts) if (part.code === '~') rewind(part);
      transfer.speed = 0;
      transfer.dismissed = { wish, until: this.#now + UNDO_MS };
    });
  }

  /** Takes a wish back; false if it is too late. */
  recall(wish: number): boolean {
    const of = [...this.#transfers.values()].filter((transfer) => transfer.dismissed?.wish === wish);
    for (const transfer of of) {
      transfer.dismissed = null;
      if (RUNNING.includes(transfer.state)) this.#become(transfer, 'waiting');
    }
    this.revision += 1;
    return of.length > 0;
  }

  heldForKeys(account: string): Transfer[] {
    return this.entries().filter((transfer) => transfer.needsKeysOf === account);
  }

  renewKeys(account: string): number {
    const held = this.heldForKeys(account);
    for (const transfer of held) {
      transfer.needsKeysOf = null;
      transfer.endedMs = null;
      this.#become(transfer, 'waiting');
    }
    return held.length;
  }

  #endDismissals(): void {
    for (const transfer of this.#transfers.values()) {
      if (transfer.dismissed === null || this.#now < transfer.dismissed.until) continue;
      this.#transfers.delete(transfer.id);
      this.revision += 1;
    }
  }

  /** Moves everything by so many milliseconds. */
  advance(ms: number): void {
    this.#now += ms;
    this.#endDismissals();
    this.#holdBack();
    this.#start();
    const moving: Record<Direction, Transfer[]> = { upload: [], download: [], copy: [] };
    let changed = false;
    for (const transfer of this.#transfers.values()) {
      if (!RUNNING.includes(transfer.state) || transfer.dismissed !== null) continue;
      changed = true;
      this.#turn(transfer);
      if (transfer.state === 'transferring') moving[transfer.given.direction].push(transfer);
      else transfer.speed = 0;
    }
    for (const direction of ['upload', 'download', 'copy'] as const) this.#move(direction, moving[direction], ms);
    if (changed) this.revision += 1;
  }

  #stopped(transfer: Transfer): boolean {
    return this.speed.of(transfer.given.direction, null)?.bytes_s === 0;
  }

  /** What moves where nothing may goes back in line, and keeps what arrived. */
  #holdBack(): void {
    const told = JSON.stringify([this.speed.general('upload'), this.speed.general('download')]);
    if (told !== this.#told) this.revision += 1;
    this.#told = told;
    if (this.speed.general('upload').bytes_s !== 0 && this.speed.general('download').bytes_s !== 0) return;
    for (const transfer of this.#transfers.values()) {
      if (transfer.dismissed !== null || transfer.state !== 'transferring' || !this.#stopped(transfer)) continue;
      for (const part of transfer.parts) if (part.code === '~') rewind(part);
      transfer.speed = 0;
      this.#become(transfer, 'waiting');
    }
  }

  setTransferLimit(ids: readonly number[], limit: number | null): void {
    this.#each(ids, (transfer) => (transfer.ownLimit = limit));
  }

  setPriority(ids: readonly number[], priority: Priority): void {
    this.#each(ids, (transfer) => {
      transfer.priority = priority;
      // Behind its like.
      this.#transfers.delete(transfer.id);
      this.#transfers.set(transfer.id, transfer);
    });
  }

  #start(): void {
    let running = 0;
    for (const transfer of this.#transfers.values()) if (transfer.dismissed === null && RUNNING.includes(transfer.state)) running += 1;
    if (running >= this.activeMax) return;
    for (const transfer of this.#in('waiting')) {
      if (running >= this.activeMax) return;
      if (this.#stopped(transfer)) continue;
      this.#become(transfer, 'scanning');
      running += 1;
    }
  }

  #become(transfer: Transfer, state: ShownState, why: AppError | null = null): void {
    transfer.state = state;
    transfer.why = why;
    transfer.stateSince = this.#now;
    this.revision += 1;
    this.#note(transfer, state, state === 'retrying' ? { s: String(Math.ceil((transfer.until - this.#now) / 1000)) } : {}, why);
  }

  #turn(transfer: Transfer): void {
    const passed = this.#now - transfer.stateSince;
    switch (transfer.state) {
      case 'scanning':
        if (passed < SCAN_MS) return;
        if (transfer.faults.has('denied')) this.#fail(transfer, { code: 'forbidden', params: {}, retryable: false });
        else this.#become(transfer, 'transferring');
        return;
      case 'retrying':
      case 'no_network':
        if (this.#now >= transfer.until) this.#become(transfer, 'transferring');
        return;
      case 'verifying':
        if (passed < 900) return;
        for (const part of transfer.parts) part.code = 'v';
        this.#end(transfer, transfer.faults.has('unproven') ? 'done_unverified' : 'done_verified');
        return;
      case 'cancelling':
        if (passed < 400) return;
        this.#transfers.delete(transfer.id);
        this.onEnded(this.rowOf(transfer));
        return;
      case 'transferring': {
        const share = moved(transfer) / Math.max(1, transfer.given.size);
        if (share > 0.3 && transfer.faults.delete('flaky')) this.#retry(transfer);
        else if (share > 0.4 && transfer.faults.delete('offline')) {
          transfer.until = this.#now + OFFLINE_MS;
          this.#become(transfer, 'no_network');
        } else if (share > 0.5 && transfer.faults.has('changed')) {
          this.#fail(transfer, { code: 'source_changed', params: { path: transfer.given.from }, retryable: true });
        } else if (share > 0.5 && transfer.faults.has('full')) {
          this.#fail(transfer, { code: 'disk_full', params: { path: transfer.given.to }, retryable: true });
        }
        return;
      }
      case 'waiting':
      case 'paused':
      case 'failed':
      case 'done_verified':
      case 'done_unverified':
        return;
      default:
        assertNever(transfer.state);
    }
  }

  #retry(transfer: Transfer): void {
    const live = transfer.parts.find((part) => part.code === '~');
    if (live) {
      live.code = '.';
      live.moved = 0;
      live.again = true;
    }
    transfer.retries += 1;
    transfer.until = this.#now + RETRY_MS;
    this.#become(transfer, 'retrying', { code: 'throttled', params: {}, retryable: true });
  }

  #fail(transfer: Transfer, why: AppError): void {
    const live = transfer.parts.find((part) => part.code === '~');
    if (live) live.code = 'x';
    for (const part of transfer.parts) if (part.code === '~') rewind(part);
    this.#become(transfer, 'failed', why);
    transfer.endedMs = this.#now;
    this.onEnded(this.rowOf(transfer));
  }

  /** Both ends of what was done without a checksum were read, and are equal. */
  prove(id: number): void {
    const transfer = this.#transfers.get(id);
    if (transfer?.state === 'done_unverified') this.#become(transfer, 'done_verified');
  }

  #end(transfer: Transfer, state: 'done_verified' | 'done_unverified'): void {
    this.#become(transfer, state);
    transfer.endedMs = this.#now;
    this.onEnded(this.rowOf(transfer));
  }

  #move(direction: Direction, transfers: Transfer[], ms: number): void {
    if (transfers.length === 0) return;
    const limit = this.speed.of(direction, null)?.bytes_s ?? null;
    const total = Math.min(limit ?? Infinity, CAPACITY[direction] * (0.94 + this.#random() * 0.08));
    for (const transfer of transfers) {
      transfer.speed = Math.min(total / transfers.length, transfer.ownLimit ?? Infinity);
      let budget = (transfer.speed * ms) / 1000;
      while (budget > 0) {
        const live = this.#live(transfer);
        if (live.length === 0) break;
        // Parts do not move in step: each takes its turn with a share of its own.
        const index = Math.floor(this.#random() * live.length);
        const part = live[index];
        if (!part) break;
        const step = Math.min(budget, part.size - part.moved, Math.max(64 * 1024, budget / 3));
        part.moved += step;
        budget -= step;
        if (part.moved >= part.size) {
          part.code = part.again ? 'r' : '#';
          transfer.savedMs = this.#now;
          this.#note(transfer, transfer.given.direction === 'download' ? 'part_written' : 'part_accepted', {
            part: String(transfer.parts.indexOf(part) + 1),
            size: String(part.size),
          });
        }
      }
      if (transfer.parts.every((part) => part.code === '#' || part.code === 'r' || part.code === 'v')) {
        this.#become(transfer, 'verifying');
      }
    }
  }

  #live(transfer: Transfer): Part[] {
    const live = transfer.parts.filter((part) => part.code === '~');
    for (const part of transfer.parts) {
      if (live.length >= PARTS_AT_ONCE) break;
      if (part.code !== '.') continue;
      part.code = '~';
      live.push(part);
    }
    return live;
  }

  #each(ids: readonly number[], act: (transfer: Transfer) => void): void {
    for (const id of ids) {
      const transfer = this.#transfers.get(id);
      if (transfer) act(transfer);
    }
    this.revision += 1;
  }

  pause(ids: readonly number[]): void {
    this.#each(ids, (transfer) => {
      if (!actionsOf(transfer.state).pause) return;
      for (const part of transfer.parts) if (part.code === '~') rewind(part);
      transfer.speed = 0;
      this.#become(transfer, 'paused');
    });
  }

  resume(ids: readonly number[]): void {
    this.#each(ids, (transfer) => {
      // What waits for new keys would be refused again.
      if (!actionsOf(transfer.state).resume || transfer.needsKeysOf !== null) return;
      transfer.reused = transfer.parts.filter((part) => part.code === '#' || part.code === 'r').length;
      this.#become(transfer, 'waiting');
    });
  }

  startNow(ids: readonly number[]): void {
    this.#each(ids, (transfer) => {
      if (transfer.state === 'waiting' && !this.#stopped(transfer)) this.#become(transfer, 'scanning');
    });
  }

  retry(ids: readonly number[]): void {
    this.#each(ids, (transfer) => {
      if (!actionsOf(transfer.state).retry) return;
      for (const part of transfer.parts) if (part.code === 'x') rewind(part);
      transfer.faults.clear();
      transfer.endedMs = null;
      transfer.retries += 1;
      this.#become(transfer, 'waiting');
    });
  }

  ids(filter: TransferFilter): number[] {
    return this.#in(filter).map((transfer) => transfer.id);
  }

  #in(filter: TransferFilter): Transfer[] {
    const all = this.entries();
    const among = (states: readonly ShownState[]): Transfer[] => all.filter((one) => states.includes(one.state));
    switch (filter) {
      case 'active':
        return [...among(RUNNING), ...this.#in('waiting')];
      case 'waiting':
        return among(['waiting']).sort((a, b) => PLACE[a.priority] - PLACE[b.priority]);
      case 'paused':
        return among(['paused']);
      case 'failed':
        return among(['failed']);
      case 'done':
        return among(['done_verified', 'done_unverified']).sort((a, b) => (b.endedMs ?? 0) - (a.endedMs ?? 0));
      default:
        return assertNever(filter);
    }
  }

  page(filter: TransferFilter, after: number | null, limit: number): TransferPage {
    const all = this.#in(filter);
    const start = after === null ? 0 : all.findIndex((transfer) => transfer.id === after) + 1;
    const rows = all.slice(start, start + limit).map((transfer) => this.rowOf(transfer));
    const last = rows.at(-1);
    return {
      revision: this.revision,
      total: all.length,
      rows,
      selected: [],
      next: last && start + limit < all.length ? last.id : null,
    };
  }

  pulse(): Pulse {
    return pulseOf([...this.#transfers.values()], this.speed, { revision: this.revision, keepAwake: this.keepAwake, network: this.network });
  }

  detail(id: number): TransferDetail | null {
    const transfer = this.#transfers.get(id);
    return transfer ? detailOf(transfer, this.rowOf(transfer)) : null;
  }
}
