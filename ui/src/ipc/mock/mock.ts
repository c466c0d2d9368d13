/** A backend without Rust: the same answers, from a seeded world. Every screen can be seen and driven on it. */
import { type Backend, type Conflict, Failure, type LimitSettings, type ObjectRow, type Push, type SecretsPlace, type Settings, USUAL_SETTINGS } from '../backend';
import { MockAccounts, PRACTICE, STUDIO } from './accounts';
import { createDesktop, type MockDesktop } from './desktop';
import { leftoversMock, neededUpload } from './leftovers';
import { createLists } from './lists';
import { MILLION_BUCKET, millionFolder, millionPage } from './million';
import { objectCommands } from './objects';
import { receiptsMock } from './receipts';
import { checkSettings } from './settings';
import { AT_ONCE, Simulation } from './simulation';
import { versionsMock } from './versions';
import {
  type Bucket,
  LONG_NAMES,
  localSize,
  MIB,
  PICKED,
  practiceBuckets,
  OTHER_REGIONS,
  studioBuckets,
  studioTransfers,
} from './world';

export interface MockOptions {
  seed: number;
  /** `first`: no account yet. `studio`: an account with the transfers of the design's pictures. */
  scene: 'first' | 'studio';
  /** How much faster than the wall its clock runs. */
  pace: number;
  /** Where secrets are kept. */
  secrets: SecretsPlace;
  /** Waiting transfers on top of the scene, to see long lists. */
  extra: number;
  /** Keys of a bucket that is there on top of the scene. */
  keys: number;
  /** The keys of the account have expired, and a transfer waits for new ones. */
  expired: boolean;
  settings?: Partial<Settings>;
}

export const DEFAULTS: MockOptions = { seed: 7, scene: 'first', pace: 1, secrets: 'keychain', extra: 0, keys: 0, expired: false };

const TICK_MS = 100;
const PULSE_MS = 250;
const PAGE = 200;
const MILLION_PAGE = 1_000;

/** The mock, with the hands that a test needs on its world. */
export interface MockBackend extends Backend {
  readonly simulation: Simulation;
  readonly people: MockAccounts;
  readonly desktop: MockDesktop;
  /** Unfinished uploads, by bucket, and the buckets that may not list them. */
  readonly leftovers: Pick<ReturnType<typeof leftoversMock>, 'uploads' | 'denied'>;
  /** What a check of a receipt finds, and what was saved. */
  readonly receipts: Pick<ReturnType<typeof receiptsMock>, 'spoilt' | 'saved'>;
  push(push: Push): void;
  /** Starts the clock; returns the way to stop it. */
  run(): () => void;
  /** Whether TOS can be reached by listings; the footer says it. */
  setOffline(gone: boolean): void;
  /** Moves the clock by hand. */
  advance(ms: number): void;
}

export function createMock(given: Partial<MockOptions> = {}): MockBackend {
  const options = { ...DEFAULTS, ...given };
  const now = Date.now();
  const simulation = new Simulation(options.seed, now);
  const worlds = new Map<string, Map<string, Bucket>>();
  const people = new MockAccounts(options.secrets, refuse, (account) => worlds.set(account.id, studioBuckets(now)));
  let settings: Settings = { ...USUAL_SETTINGS, transfers_max: AT_ONCE, download_folder: '/home/lin/Downloads', ...options.settings };
  let receive: (push: Push) => void = () => undefined;
  let pulsed = -1;
  let offline = false;

  if (options.scene === 'studio') {
    people.use(STUDIO);
    worlds.set(STUDIO.id, studioBuckets(now));
    if (options.keys > 0) worlds.get(STUDIO.id)?.set(MILLION_BUCKET, new Map());
    studioTransfers(simulation, now, options.expired);
  }
  for (let i = 0; i < options.extra; i += 1) {
    const name = `batch-${String(i).padStart(6, '0')}${LONG_NAMES[i % LONG_NAMES.length] ?? ''}`;
    simulation.add({ direction: 'upload', name, from: `/data/${name}`, to: `tos://media-archive/batch/${name}`, size: 30 * MIB, partSize: 30 * MIB });
  }

  simulation.onEnded = (row) => {
    if (row.state === 'done_verified' || row.state === 'done_unverified') {
      const target = /^tos:\/\/([^/]+)\/(.+)$/s.exec(row.to);
      const world = people.current ? worlds.get(people.current.id) : undefined;
      world?.get(target?.[1] ?? '')?.set(target?.[2] ?? '', {
        size: row.size_bytes ?? 0,
        modifiedMs: Date.now(),
        storageClass: 'STANDARD',
      });
    }
    receive({ type: 'ended', row });
  };

  function refuse(code: string, params: Record<string, string> = {}, retryable = false): never {
    throw new Failure({ code, params, retryable });
  }

  function bucketOf(name: string): Bucket {
    if (!people.current) return refuse('no_account');
    return worlds.get(people.current.id)?.get(name) ?? refuse('bucket_not_found', { bucket: name });
  }

  function changed(change: () => unknown): LimitSettings {
    change();
    simulation.revision += 1;
    return simulation.speed.settings();
  }

  function pulse(): void {
    if (simulation.revision === pulsed) return;
    pulsed = simulation.revision;
    receive({ type: 'pulse', pulse: simulation.pulse() });
  }

  function add(bucket: string, key: string, conflict: Conflict, source: { direction: 'upload' | 'copy'; from: string; size: number }): number[] {
    const there = bucketOf(bucket);
    const existing = there.get(key);
    const identical = existing?.size === source.size;
    if (existing && !identical && conflict === 'skip') return [];
    const free = existing && !identical && conflict === 'keep_both' ? freeKey(there, key) : key;
    const refused = existing && !identical && conflict === 'fail';
    const id = simulation.add({
      direction: source.direction,
      name: free.slice(free.lastIndexOf('/') + 1),
      from: source.from,
      to: `tos://${bucket}/${free}`,
      size: source.size,
      identical,
      ...(identical ? { state: 'done_verified' as const, endedMs: Date.now() } : {}),
      ...(refused
        ? { state: 'failed' as const, why: { code: 'already_exists', params: { name: key }, retryable: false }, endedMs: Date.now() }
        : {}),
    });
    return [id];
  }

  const { uploads, denied, ...leftovers } = leftoversMock(
    {
      now,
      refuse,
      checkBucket: (bucket) => void bucketOf(bucket),
      rowOf: (id) => simulation.detail(id)?.row ?? null,
      exists: (bucket, key) => bucketOf(bucket).has(key),
      add: (bucket, key, path, size, share) =>
        simulation.add({ direction: 'upload', name: key.slice(key.lastIndexOf('/') + 1), from: path, to: `tos://${bucket}/${key}`, size, share }),
    },
    options.scene === 'studio',
  );
  const paused = simulation.page('paused', null, 50).rows.find((row) => row.direction === 'upload');
  if (paused) uploads.get('media-archive')?.push(neededUpload(paused.id, paused.to.replace('tos://media-archive/', ''), now));
  const { spoilt, saved, ...receipts } = receiptsMock(simulation, refuse);
  const versions = versionsMock({ bucketOf, refuse, now: () => Date.now() });
  const objects = objectCommands({
    bucketOf,
    refuse,
    now: () => Date.now(),
    remove: versions.remove,
    account: () => people.current?.id ?? refuse('no_account'),
  });

  const backend: MockBackend = {
    ...leftovers,
    ...receipts,
    leftovers: { uploads, denied },
    receipts: { spoilt, saved },
    simulation,
    people,
    ...createDesktop(() => {
      const { active, waiting } = simulation.pulse().counts;
      return active + waiting;
    }),
    ...versions.calls,
    ...objects,
    measureFolder: async (bucket, prefix, after) =>
      bucket === MILLION_BUCKET ? millionFolder(prefix) : objects.measureFolder(bucket, prefix, after),
    push: (push) => receive(push),
    setOffline: (gone) => {
      offline = gone;
      simulation.network = gone ? 'offline' : 'online';
      simulation.revision += 1;
    },
    advance: (ms) => {
      simulation.advance(ms);
      pulse();
    },
    run: () => {
      const ticking = setInterval(() => simulation.advance(TICK_MS * options.pace), TICK_MS);
      const pulsing = setInterval(pulse, PULSE_MS);
      return () => {
        clearInterval(ticking);
        clearInterval(pulsing);
      };
    },

    appStatus: async () => ({ version: '0.1.0', platform: 'linux', account: people.current, secrets: people.secrets, notice: null }),
    getSettings: async () => settings,
    setSettings: async (next) => {
      checkSettings(next, refuse);
      settings = next;
      simulation.activeMax = next.transfers_max;
      simulation.speed.waitOn = { battery: next.wait_on_battery, metered: next.wait_on_metered };
    },
    revealLog: async () => undefined,

    ...people.calls,
    connectPractice: async () => {
      if (!worlds.has(PRACTICE.id)) worlds.set(PRACTICE.id, practiceBuckets(now));
      return people.use(PRACTICE);
    },

    keysNeeded: async () =>
      [...people.all.values()].flatMap(({ id, name }) => {
        const said = people.expired.find((one) => one.id === id)?.transfers ?? 0;
        const transfers = Math.max(said, simulation.heldForKeys(id).length);
        return transfers > 0 ? [{ id, name, transfers }] : [];
      }),
    renewKeys: async (id, keys, progress) => {
      if (!/^AK(LT|TP)/.test(keys.access_key)) return refuse('credentials', { code: 'InvalidAccessKeyId' });
      // Those that a test says to wait include the ones of the scene.
      const waited = await people.calls.renewKeys(id, keys, progress);
      return Math.max(waited, simulation.renewKeys(id));
    },

    listBuckets: async () => {
      if (!people.current) return refuse('no_account');
      const region = people.current.region;
      return [...(worlds.get(people.current.id)?.keys() ?? [])].map((name) => ({
        name,
        region: OTHER_REGIONS[name] ?? region,
        created_ms: now - 9_000_000_000,
      }));
    },
    createBucket: async (name) => {
      if (!people.current) return refuse('no_account');
      if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) return refuse('invalid_name', { reason: name });
      const world = worlds.get(people.current.id);
      if (world?.has(name)) return refuse('already_exists', { name });
      world?.set(name, new Map());
    },
    deleteBucket: async (bucket) => {
      const held = (uploads.get(bucket) ?? []).length > 0 || (bucket === MILLION_BUCKET && options.keys > 0);
      if (!versions.isEmpty(bucket) || held) return refuse('bucket_not_empty', { bucket });
      worlds.get(people.current?.id ?? '')?.delete(bucket);
    },
    listObjects: async (bucket, prefix, after) => {
      if (offline) return refuse('network', {}, true);
      if (bucket === MILLION_BUCKET && options.keys > 0) {
        // A page comes in a turn of its own, as one of TOS does, so that the window stays alive meanwhile.
        await new Promise((resolve) => setTimeout(resolve));
        return millionPage(options.keys, prefix, after, MILLION_PAGE, now);
      }
      if (bucket.includes('no-list')) return refuse('forbidden');
      const rows = listing(bucketOf(bucket), prefix);
      const start = after === null ? 0 : Number(after);
      return { rows: rows.slice(start, start + PAGE), next: start + PAGE < rows.length ? String(start + PAGE) : null };
    },

    pickFiles: async () => [...PICKED],
    pickFolder: async () => '/home/lin/Downloads/TOS',

    addUploads: async (bucket, prefix, paths, conflict) => {
      const folder = paths.find((path) => path.endsWith('/'));
      if (folder !== undefined) return refuse('folder_not_yet', { path: folder });
      return paths.flatMap((path) =>
        add(bucket, prefix + path.slice(path.lastIndexOf('/') + 1), conflict, { direction: 'upload', from: path, size: localSize(path) }),
      );
    },
    addDownloads: async (bucket, objects, folder) => {
      const there = bucketOf(bucket);
      return objects.map(({ key }) => {
        const name = key.slice(key.lastIndexOf('/') + 1);
        const size = there.get(key)?.size ?? refuse('object_not_found', { key });
        return simulation.add({ direction: 'download', name, from: `tos://${bucket}/${key}`, to: `${folder}/${name}`, size });
      });
    },
    addVersionDownload: async (bucket, key, versionId, folder) => {
      const object = bucketOf(bucket).get(key);
      const size = object?.versionId === versionId ? object.size : object?.older?.find((one) => one.versionId === versionId)?.object?.size;
      if (size === undefined) return refuse('object_not_found', { key });
      const name = key.slice(key.lastIndexOf('/') + 1);
      return [simulation.add({ direction: 'download', name, from: `tos://${bucket}/${key}`, to: `${folder}/${name}`, size })];
    },
    addCopies: async (bucket, objects, toBucket, toPrefix, conflict) => {
      const there = bucketOf(bucket);
      return objects.flatMap(({ key }) => {
        const size = there.get(key)?.size ?? refuse('object_not_found', { key });
        return add(toBucket, toPrefix + key.slice(key.lastIndexOf('/') + 1), conflict, { direction: 'copy', from: `tos://${bucket}/${key}`, size });
      });
    },

    copyRoute: async (bucket, toBucket) => (OTHER_REGIONS[bucket] === OTHER_REGIONS[toBucket] ? 'inside' : 'relay'),

    ...createLists(simulation, refuse, () => backend.pickFolder()),
    transferDetail: async (id) => simulation.detail(id) ?? refuse('internal', { message: `no transfer ${id}` }),
    pause: async (ids) => simulation.pause(ids),
    resume: async (ids) => simulation.resume(ids),
    startNow: async (ids) => simulation.startNow(ids),
    retry: async (ids) => simulation.retry(ids),
    pauseAll: async () => simulation.pause([...simulation.ids('active')]),
    resumeAll: async () => simulation.resume(simulation.ids('paused')),
    reveal: async () => undefined,

    getLimits: async () => simulation.speed.settings(),
    setLimits: async (limits) => changed(() => simulation.speed.setLimits(limits)),
    setTimetable: async (on, timetable) => {
      if (!/^[fls]{168}$/.test(timetable)) return refuse('invalid_option', { reason: 'a timetable is 168 letters of f, l and s' });
      return changed(() => Object.assign(simulation.speed, { timetableOn: on, timetable }));
    },
    setFullSpeed: async (on) => changed(() => simulation.speed.setFullSpeed(on)),
    setKeepAwake: async (on) => {
      if (simulation.keepAwake !== null) simulation.keepAwake = on;
      simulation.revision += 1;
    },
    setTransferLimit: async (ids, limit) => {
      if (limit !== null && limit < 1) return refuse('invalid_option', { reason: 'a limit must be at least one byte a second; pause to stop' });
      simulation.setTransferLimit(ids, limit);
    },
    setPriority: async (ids, priority) => simulation.setPriority(ids, priority),

    subscribe: async (listen) => {
      receive = listen;
      listen({ type: 'pulse', pulse: simulation.pulse() });
    },
  };
  return backend;
}

function freeKey(bucket: Bucket, key: string): string {
  const dot = key.lastIndexOf('.');
  const stem = dot > key.lastIndexOf('/') + 1 ? key.slice(0, dot) : key;
  const tail = key.slice(stem.length);
  for (let n = 2; ; n += 1) if (!bucket.has(`${stem} (${n})${tail}`)) return `${stem} (${n})${tail}`;
}

function listing(bucket: Bucket, prefix: string): ObjectRow[] {
  const folders = new Set<string>();
  const objects: ObjectRow[] = [];
  for (const [key, object] of [...bucket].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!key.startsWith(prefix)) continue;
    const slash = key.indexOf('/', prefix.length);
    if (slash >= 0) folders.add(key.slice(0, slash + 1));
    else if (key !== prefix || !prefix.endsWith('/')) {
      objects.push({
        key,
        name: key.slice(prefix.length),
        folder: false,
        size_bytes: object.size,
        modified_ms: object.modifiedMs,
        storage_class: object.storageClass,
      });
    }
  }
  const prefixes = [...folders].map((key): ObjectRow => ({
    key,
    name: key.slice(prefix.length),
    folder: true,
    size_bytes: 0,
    modified_ms: null,
    storage_class: null,
  }));
  return [...prefixes, ...objects];
}
