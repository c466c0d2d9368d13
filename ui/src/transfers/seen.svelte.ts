/**
 * The speeds that this window has seen, for as long as it is open: the graph goes on where it was when the drawer is
 * opened again, or another transfer was looked at in between.
 *
 * Kept exactly for one minute, by 3 s up to ten minutes, and beyond in steps that double as they become many: at most
 * about 600 samples of a transfer, 64 transfers, the longest unseen of them forgotten first: 3 MB at most. What it costs:
 * after a minute the peak of a second is lost in the mean of its step, and after a day such a step is 13 minutes long.
 */
import type { Backend } from '../ipc/backend';
import { GAP_MS, MINUTE_MS, type Range, type Sample, TEN_MS } from './graph';

export const TRANSFERS_MAX = 64;
export const OLD_MAX = 140;
/** A click asks out of turn; more than this is not worth keeping. */
const LEAST_APART_MS = 150;
const MIDDLE_STEP_MS = 3_000;
const FIRST_OLD_STEP_MS = 6_000;

/** One transfer: what is young goes to the middle, what is there too long to the old. */
class Series {
  #old: Sample[] = [];
  #middle: Sample[] = [];
  #young: Sample[] = [];
  #oldStepMs = FIRST_OLD_STEP_MS;

  add(sample: Sample): void {
    const last = this.#young.at(-1);
    if (last && sample.at < last.at) this.#forget();
    if (last && sample.at - last.at < LEAST_APART_MS && sample.at >= last.at) return;
    this.#young.push(sample);
    age(this.#young, this.#middle, sample.at - MINUTE_MS, MIDDLE_STEP_MS);
    age(this.#middle, this.#old, sample.at - TEN_MS, this.#oldStepMs);
    while (this.#old.length > OLD_MAX) {
      this.#oldStepMs *= 2;
      const before = this.#old;
      this.#old = [];
      for (const one of before) join(this.#old, one, this.#oldStepMs);
    }
  }

  get samples(): Sample[] {
    return [...this.#old, ...this.#middle, ...this.#young];
  }

  /** The clock was set back: times before and after cannot stand on one axis. */
  #forget(): void {
    this.#old = [];
    this.#middle = [];
    this.#young = [];
    this.#oldStepMs = FIRST_OLD_STEP_MS;
  }
}

/** Moves what is older than this into the next store. */
function age(from: Sample[], to: Sample[], before: number, stepMs: number): void {
  const young = from.findIndex((one) => one.at >= before);
  for (const one of from.splice(0, young < 0 ? from.length : young)) join(to, one, stepMs);
}

/** Adds it to the last one if both began in the same step, without a gap between them that such a graph could show. */
function join(to: Sample[], one: Sample, stepMs: number): void {
  const last = to.at(-1);
  const gap = Math.max(GAP_MS, stepMs / 4);
  if (!last || one.from - last.at > gap || Math.floor(one.from / stepMs) !== Math.floor(last.from / stepMs)) {
    to.push(one);
    return;
  }
  const looks = last.looks + one.looks;
  const speed = (last.speed * last.looks + one.speed * one.looks) / looks;
  to[to.length - 1] = { from: last.from, at: one.at, looks, speed, limit: one.limit };
}

export class Seen {
  /** What the graph shows of them; as it was chosen last. */
  range = $state<Range>('minute');
  #series = new Map<number, Series>();
  #changes = $state(0);

  add(samples: readonly { id: number; sample: Sample }[]): void {
    for (const { id, sample } of samples) {
      const series = this.#series.get(id) ?? new Series();
      series.add(sample);
      // Behind all others: the first of them is the one that was not seen for longest.
      this.#series.delete(id);
      this.#series.set(id, series);
    }
    for (const id of this.#series.keys()) {
      if (this.#series.size <= TRANSFERS_MAX) break;
      this.#series.delete(id);
    }
    this.#changes += 1;
  }

  of(id: number): Sample[] {
    // A map of plain series, so that four changes a second cost nothing: this is what is listened to.
    void this.#changes;
    return this.#series.get(id)?.samples ?? [];
  }
}

const SESSIONS = new WeakMap<Backend, Seen>();

/** What was seen through this backend: screens come and go, the window has one. */
export function seenBy(backend: Backend): Seen {
  const seen = SESSIONS.get(backend) ?? new Seen();
  SESSIONS.set(backend, seen);
  return seen;
}
