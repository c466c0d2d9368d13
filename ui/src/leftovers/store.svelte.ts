/**
 * The unfinished uploads that the screen shows: listed a page at a time, measured where they are in view.
 *
 * It outlives the screen, because an abort that was asked for still waits its ten seconds when the user has gone on to
 * another one.
 */
import { t } from '../i18n/index.svelte';
import { type AppError, type Backend, errorOf } from '../ipc/backend';
import type { CheckpointView, ComparedView, HeldView, UploadCursor, UploadRow } from '../ipc/leftovers';
import type { App } from '../session/app.svelte';

/** Load the next page when so few rows are left below the view. */
const AHEAD_ROWS = 60;
/** Uploads that are measured at a time: each is one request or more. */
const MEASURED_AT_ONCE = 4;
/** An abort can be taken back for so long. */
export const ABORT_AFTER_MS = 10_000;

/** Counts down to an act; answers with the way to stop it before. */
export type Countdown = (act: () => void) => () => void;

const tenSeconds: Countdown = (act) => {
  const timer = setTimeout(act, ABORT_AFTER_MS);
  return () => clearTimeout(timer);
};

/** The file that an upload is compared with. */
export interface Match {
  path: string;
  /** The checkpoint file that helps to prove its parts. */
  checkpoint: string | null;
  compared: ComparedView | null;
  error: AppError | null;
}

/** An unfinished upload. */
export class Leftover {
  readonly bucket: string;
  row = $state.raw() as UploadRow;
  /** Undefined until it was measured. */
  held = $state.raw<HeldView | undefined>(undefined);
  measuring = $state(false);
  error = $state.raw<AppError | null>(null);
  match = $state.raw<Match | null>(null);
  comparing = $state(false);
  /** It will be aborted unless that is taken back. */
  leaving = $state(false);
  /** A checkpoint that was read, and whose file has yet to be found. */
  checkpoint = $state.raw<{ path: string; recordedFile: string | null } | null>(null);

  constructor(bucket: string, row: UploadRow) {
    this.bucket = bucket;
    this.row = row;
  }

  get id(): string {
    return this.row.upload_id;
  }

  /** Every part that it holds is a part of the file. */
  readonly matches = $derived.by(() => {
    const compared = this.match?.compared;
    return compared != null && compared.parts_listed > 0 && !compared.parts.includes('x');
  });

  /** Bytes that need not be sent again if it is gone on with. */
  readonly kept = $derived.by(() => {
    if (this.row.needed_by !== null) return this.held?.source === 'there' ? this.held.size_bytes : 0;
    return this.matches ? (this.match?.compared?.held_bytes ?? 0) : 0;
  });
}

export class Leftovers {
  /** Buckets that are listed, one after the other. */
  buckets = $state.raw<readonly string[]>([]);
  items = $state.raw<readonly Leftover[]>([]);
  loading = $state(false);
  loaded = $state(false);
  error = $state.raw<AppError | null>(null);
  /** Buckets that could not be listed, and why; the others are shown all the same. */
  refused = $state.raw<readonly { bucket: string; error: AppError }[]>([]);
  openId = $state<string | null>(null);
  cursor = $state(-1);
  #backend: Backend;
  #asked = 0;
  #at: { bucket: number; after: UploadCursor | null } | null = null;
  #listing: Promise<void> = Promise.resolve();
  #seen = { first: 0, end: 0 };
  #measuring = 0;
  #asking = new Map<Leftover, Promise<void>>();
  /** Uploads that will be aborted, and the way to stop their clock. They outlast every listing. */
  #aborting = new Map<string, { item: Leftover; stop: () => void }>();
  #measuringAll: Promise<void> | null = null;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Whether there is more to list. */
  get more(): boolean {
    return this.#more;
  }
  #more = $state(false);

  /** Whether all are being measured because somebody asked for it. */
  measuringAll = $state(false);
  /** Aborts that wait, of uploads that are not in this list. */
  pendingElsewhere = $state.raw<readonly Leftover[]>([]);

  readonly measured = $derived(this.items.reduce((n, item) => n + (item.held === undefined ? 0 : 1), 0));
  readonly heldBytes = $derived(this.items.reduce((sum, item) => sum + (item.held?.size_bytes ?? 0), 0));
  readonly keptBytes = $derived(this.items.reduce((sum, item) => sum + item.kept, 0));
  readonly complete = $derived(!this.#more && this.measured === this.items.length);

  /** Lists these buckets from the start. */
  async show(buckets: readonly string[]): Promise<void> {
    this.buckets = buckets;
    this.items = [];
    this.refused = [];
    this.openId = null;
    this.cursor = -1;
    this.loaded = false;
    this.#lookAtPending();
    await this.#restart();
  }

  /**
   * Lists again; what was compared with a file stays so. Rows stay until there are others: of a bucket that cannot be
   * listed now, they stay for good.
   */
  async refresh(): Promise<void> {
    const asked = ++this.#asked;
    await this.#inTurn(async () => {
      if (asked !== this.#asked) return;
      const before = this.items;
      const known = new Map(before.map((item) => [item.id, item]));
      const there = { at: this.#at, more: this.#more };
      this.error = null;
      this.refused = [];
      let fresh: Leftover[] = [];
      this.#at = this.buckets.length > 0 ? { bucket: 0, after: null } : null;
      this.#more = this.#at !== null;
      while (this.#at !== null && this.error === null && fresh.length < Math.max(before.length, AHEAD_ROWS)) {
        await this.#page(asked, (more) => (fresh = [...fresh, ...more]), known);
        if (asked !== this.#asked) return;
      }
      this.#failedRefresh = this.error !== null;
      if (this.error !== null) {
        this.#at = there.at;
        this.#more = there.more;
        return;
      }
      const lost = new Set(this.refused.map((one) => one.bucket));
      const listed = new Set(fresh.map((item) => item.id));
      this.items = lost.size === 0 ? fresh : [...fresh, ...before.filter((item) => lost.has(item.bucket) && !listed.has(item.id))];
      this.#sayAllRefused();
      this.cursor = Math.min(this.cursor, this.items.length - 1);
      if (!this.items.some((item) => item.id === this.openId)) this.openId = null;
      this.#lookAtPending();
      this.#measure();
    });
  }
  #failedRefresh = false;

  /** Goes on where an error stopped it. */
  async again(): Promise<void> {
    if (this.#failedRefresh || this.items.length === 0) return this.refresh();
    this.error = null;
    await this.#until(this.#asked, this.items.length + AHEAD_ROWS);
  }

  /** Where no bucket at all could be listed, that is not an empty list. */
  #sayAllRefused(): void {
    const [first] = this.refused;
    if (first && this.#at === null && this.refused.length === this.buckets.length) this.error = first.error;
  }

  /** One listing at a time, in the order in which they were asked for: none is listed twice. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const before = this.#listing;
    const mine = before.then(work);
    this.#listing = mine;
    await mine;
  }

  async #restart(): Promise<void> {
    const asked = ++this.#asked;
    this.error = null;
    this.#failedRefresh = false;
    this.#at = this.buckets.length > 0 ? { bucket: 0, after: null } : null;
    this.#more = this.#at !== null;
    if (this.#at === null) this.loaded = true;
    await this.#until(asked, AHEAD_ROWS);
  }

  /** Goes on until so many rows are there, or all. */
  async #until(asked: number, rows: number): Promise<void> {
    await this.#inTurn(async () => {
      while (asked === this.#asked && this.#at !== null && this.error === null && this.items.length < rows) {
        await this.#page(asked, (more) => (this.items = [...this.items, ...more]));
        this.#measure();
      }
      if (asked !== this.#asked) return;
      this.#sayAllRefused();
      this.#lookAtPending();
    });
  }

  async #page(asked: number, take: (more: Leftover[]) => void, known?: Map<string, Leftover>): Promise<void> {
    const at = this.#at;
    const bucket = at === null ? undefined : this.buckets[at.bucket];
    if (at === null || bucket === undefined) return;
    this.loading = true;
    let next: UploadCursor | null = null;
    try {
      const page = await this.#backend.listUploads(bucket, '', at.after);
      if (asked !== this.#asked) return;
      next = page.next;
      take(
        page.rows.map((row) => {
          // One that is about to be aborted stays the same one, in whichever list it is met.
          const same = known?.get(row.upload_id) ?? this.#aborting.get(row.upload_id)?.item;
          if (!same) return new Leftover(bucket, row);
          same.row = row;
          same.held = undefined;
          same.error = null;
          return same;
        }),
      );
      this.error = null;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      // One bucket that may not be listed does not hide the others.
      if (this.buckets.length > 1) this.refused = [...this.refused, { bucket, error: errorOf(thrown) }];
      else this.error = errorOf(thrown);
    } finally {
      if (asked === this.#asked) {
        this.loading = false;
        this.loaded = true;
      }
    }
    if (this.error !== null) return;
    const following = next === null ? { bucket: at.bucket + 1, after: null } : { bucket: at.bucket, after: next };
    this.#at = following.bucket < this.buckets.length ? following : null;
    this.#more = this.#at !== null;
  }

  /** These rows are in view. */
  see(first: number, end: number): void {
    this.#seen = { first, end };
    this.#measure();
    if (!this.loading && this.#at !== null && this.error === null && end > this.items.length - AHEAD_ROWS) {
      void this.#until(this.#asked, end + AHEAD_ROWS);
    }
  }

  /** Lists all that there is, for whoever needs to know every one. */
  async listAll(): Promise<void> {
    await this.#until(this.#asked, Infinity);
  }

  #measure(): void {
    for (const item of this.items.slice(this.#seen.first, this.#seen.end)) {
      if (this.#measuring >= MEASURED_AT_ONCE) return;
      if (item.held !== undefined || item.measuring || item.error !== null) continue;
      this.#measuring += 1;
      void this.measure(item).finally(() => {
        this.#measuring -= 1;
        this.#measure();
      });
    }
  }

  /** Asks what an upload holds, once at a time. One that has gone meanwhile leaves the list. */
  async measure(item: Leftover): Promise<void> {
    const asking = this.#asking.get(item) ?? this.#ask(item).finally(() => this.#asking.delete(item));
    this.#asking.set(item, asking);
    await asking;
  }

  async #ask(item: Leftover): Promise<void> {
    item.measuring = true;
    item.error = null;
    try {
      const held = await this.#backend.measureUpload(item.bucket, item.row.key, item.id);
      if (held === null) this.#drop(item);
      else item.held = held;
    } catch (thrown) {
      item.error = errorOf(thrown);
    } finally {
      item.measuring = false;
    }
  }

  /** Lists the rest and measures all. Asked for again while it runs, it runs once. */
  async measureEvery(): Promise<void> {
    this.#measuringAll ??= (async () => {
      this.measuringAll = true;
      try {
        await this.listAll();
        await this.measureAll(this.items);
      } finally {
        this.measuringAll = false;
        this.#measuringAll = null;
      }
    })();
    await this.#measuringAll;
  }

  /** Measures these, some at a time; `stopped` is asked in between. */
  async measureAll(items: readonly Leftover[], stopped: () => boolean = () => false): Promise<void> {
    const left = items.filter((item) => item.held === undefined);
    const worker = async (): Promise<void> => {
      for (let item = left.shift(); item !== undefined && !stopped(); item = left.shift()) await this.measure(item);
    };
    await Promise.all(Array.from({ length: MEASURED_AT_ONCE }, worker));
  }

  /** Compares an upload with a file, part by part. */
  async compare(item: Leftover, path: string, checkpoint: string | null): Promise<void> {
    item.match = { path, checkpoint, compared: null, error: null };
    item.comparing = true;
    try {
      const compared = await this.#backend.compareUpload(item.bucket, item.row.key, item.id, path, checkpoint);
      item.match = compared === null ? null : { path, checkpoint, compared, error: null };
    } catch (thrown) {
      item.match = { path, checkpoint, compared: null, error: errorOf(thrown) };
    } finally {
      item.comparing = false;
    }
  }

  async stopComparing(item: Leftover): Promise<void> {
    await this.#backend.stopCompare(item.id);
  }

  /** Finds the upload that a checkpoint is of, lists it first if need be, and opens it. False if it is gone. */
  async find(path: string, checkpoint: CheckpointView): Promise<boolean> {
    let item = this.items.find((one) => one.id === checkpoint.upload_id);
    if (!item) {
      let after: UploadCursor | null = null;
      do {
        const page = await this.#backend.listUploads(checkpoint.bucket, checkpoint.key, after);
        const row = page.rows.find((one) => one.upload_id === checkpoint.upload_id);
        if (row) item = new Leftover(checkpoint.bucket, row);
        after = page.next;
      } while (!item && after !== null && after.key === checkpoint.key);
      if (!item) return false;
      this.items = [item, ...this.items];
    }
    item.checkpoint = { path, recordedFile: checkpoint.recorded_file };
    this.openId = item.id;
    this.cursor = this.items.indexOf(item);
    if (item.held === undefined) void this.measure(item);
    if (checkpoint.file !== null) void this.compare(item, checkpoint.file, path);
    return true;
  }

  /**
   * Aborts an upload when `wait` has run out, unless that is taken back: `wait` begins to count, and answers with the
   * way to stop. `failed` hears of a refusal.
   */
  abort(item: Leftover, failed: (error: AppError) => void, wait: Countdown = tenSeconds): void {
    item.leaving = true;
    if (this.openId === item.id) this.openId = null;
    const act = async (): Promise<void> => {
      this.#aborting.delete(item.id);
      try {
        await this.#backend.abortUpload(item.bucket, item.row.key, item.id);
        this.#drop(item);
      } catch (thrown) {
        item.leaving = false;
        failed(errorOf(thrown));
      }
      this.#lookAtPending();
    };
    this.#aborting.set(item.id, { item, stop: wait(() => void act()) });
  }

  /** It is not aborted after all. */
  keep(item: Leftover): void {
    this.#aborting.get(item.id)?.stop();
    this.#aborting.delete(item.id);
    item.leaving = false;
    this.#lookAtPending();
  }

  /** Takes back every abort that waits; answers with how many those were. */
  keepAll(): number {
    const waiting = [...this.#aborting.values()];
    for (const { item } of waiting) this.keep(item);
    return waiting.length;
  }

  #lookAtPending(): void {
    const here = new Set(this.items.map((item) => item.id));
    this.pendingElsewhere = [...this.#aborting.values()].map(({ item }) => item).filter((item) => !here.has(item.id));
  }

  #drop(item: Leftover): void {
    const at = this.items.indexOf(item);
    if (at < 0) return;
    this.items = this.items.filter((one) => one !== item);
    if (this.openId === item.id) this.openId = null;
    if (this.cursor > at || this.cursor >= this.items.length) this.cursor -= 1;
  }

  /** Takes out of the list what is gone. */
  gone(ids: ReadonlySet<string>): void {
    for (const item of this.items.filter((one) => ids.has(one.id))) this.#drop(item);
  }
}

/** Of each window, those of each of its accounts: buckets of one name are not one bucket. */
const kept = new WeakMap<App, Map<string, Leftovers>>();

/**
 * The uploads of the account in use. An abort that still waits when the account is left is taken back, and said so: sent
 * later it would be another account's.
 */
export function leftoversOf(app: App): Leftovers {
  const stores = kept.get(app) ?? new Map<string, Leftovers>();
  kept.set(app, stores);
  const id = app.account?.id ?? '';
  const known = stores.get(id);
  if (known) return known;
  const store = new Leftovers(app.backend);
  stores.set(id, store);
  app.onLeaving(() => {
    const n = store.keepAll();
    if (n > 0) app.notices.toast(t('left.abortUndone', { n }));
  });
  return store;
}
