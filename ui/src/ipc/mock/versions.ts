/** Versions of objects, as TOS would have them: of what is there, and of what was deleted where versions are kept. */
import type { ObjectBackend, VersioningView, VersionRow } from '../backend';
import type { Bucket, Older, Refuse, StoredObject } from './world';

export type VersionCalls = 'bucketVersioning' | 'setBucketVersioning' | 'listVersions' | 'restoreVersion' | 'deleteVersion';

interface World {
  bucketOf: (name: string) => Bucket;
  refuse: Refuse;
  now: () => number;
}

/** What was written while no versions were kept has no id; beside others it goes by this one. */
const NULL_VERSION = 'null';
const VERSIONED = 'media-archive';

type Entry = Omit<Older, 'versionId'> & { versionId: string | null };

export function versionsMock({ bucketOf, refuse, now }: World): {
  calls: Pick<ObjectBackend, VersionCalls>;
  remove: (bucket: string, key: string) => void;
  /** Whether a bucket holds nothing, not even what was deleted. */
  isEmpty: (bucket: string) => boolean;
} {
  const states = new WeakMap<Bucket, VersioningView>();
  /** By bucket and key, the versions of what is deleted: the newest of them is the mark of the deletion. */
  const deleted = new WeakMap<Bucket, Map<string, Older[]>>();
  let made = 0;
  const newVersion = (): string => `0001AA${String((made += 1)).padStart(10, '0')}`;

  const isNull = (one: Entry): boolean => one.versionId === null || one.versionId === NULL_VERSION;

  const stateOf = (name: string): VersioningView => states.get(bucketOf(name)) ?? (name === VERSIONED ? 'enabled' : 'never');

  function deletedOf(bucket: Bucket): Map<string, Older[]> {
    const known = deleted.get(bucket) ?? new Map<string, Older[]>();
    deleted.set(bucket, known);
    return known;
  }

  /** The newest first. */
  function history(bucket: Bucket, key: string): Entry[] {
    const object = bucket.get(key);
    const before = deletedOf(bucket).get(key) ?? [];
    if (!object) return before;
    const { older = [], versionId = null, ...newest } = object;
    return [{ versionId, modifiedMs: object.modifiedMs, object: newest }, ...older, ...before];
  }

  function write(bucket: Bucket, key: string, entries: readonly Entry[]): void {
    const [newest, ...rest] = entries;
    const older = rest.map((one): Older => ({ ...one, versionId: one.versionId ?? NULL_VERSION }));
    bucket.delete(key);
    deletedOf(bucket).delete(key);
    if (!newest) return;
    const id = newest.versionId === null ? {} : { versionId: newest.versionId };
    if (newest.object) bucket.set(key, { ...newest.object, ...id, ...(older.length > 0 ? { older } : {}) });
    else deletedOf(bucket).set(key, [{ ...newest, versionId: newest.versionId ?? NULL_VERSION }, ...older]);
  }

  /** Writes a new version; where versioning is suspended, in the place of the one without an id. */
  function add(name: string, key: string, object: StoredObject | null): string | null {
    const bucket = bucketOf(name);
    const state = stateOf(name);
    const versionId = state === 'enabled' ? newVersion() : state === 'suspended' ? NULL_VERSION : null;
    const kept = state === 'enabled' ? history(bucket, key) : history(bucket, key).filter((one) => !isNull(one));
    write(bucket, key, [{ versionId, modifiedMs: now(), object }, ...kept]);
    return versionId;
  }

  return {
    remove: (name, key) => {
      const bucket = bucketOf(name);
      if (stateOf(name) === 'never') bucket.delete(key);
      else if (bucket.has(key)) add(name, key, null);
    },
    isEmpty: (name) => bucketOf(name).size === 0 && deletedOf(bucketOf(name)).size === 0,
    calls: {
      bucketVersioning: async (name) => stateOf(name),
      setBucketVersioning: async (name, on) => void states.set(bucketOf(name), on ? 'enabled' : 'suspended'),
      listVersions: async (name, prefix) => {
        const bucket = bucketOf(name);
        const keys = [...new Set([...bucket.keys(), ...deletedOf(bucket).keys()])].filter((key) => key.startsWith(prefix)).sort();
        const rows = keys.flatMap((key) =>
          history(bucket, key).map(
            ({ versionId, modifiedMs, object }, at): VersionRow => ({
              key,
              version_id: versionId,
              latest: at === 0,
              modified_ms: modifiedMs,
              delete_marker: object === null,
              size_bytes: object?.size ?? 0,
              storage_class: object?.storageClass ?? null,
            }),
          ),
        );
        return { rows, next: null };
      },
      restoreVersion: async (name, key, versionId) => {
        const there = history(bucketOf(name), key);
        const wanted = there.find((one) => one.versionId === versionId)?.object ?? refuse('object_not_found', { key });
        const replaced = versionId !== NULL_VERSION && there.some((one) => isNull(one) && one.object !== null);
        if (replaced && stateOf(name) !== 'enabled') refuse('version_not_kept', { name: key.slice(key.lastIndexOf('/') + 1) });
        return { way: 'copied', version_id: add(name, key, { ...wanted, modifiedMs: now() }), acl_kept: true };
      },
      deleteVersion: async (name, key, versionId) => {
        const bucket = bucketOf(name);
        write(bucket, key, history(bucket, key).filter((one) => one.versionId !== versionId));
      },
    },
  };
}
