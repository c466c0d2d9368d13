/**
 * One object at a time, as TOS would have it: properties, tags, archives, links, deleting. The buckets are those of
 * the mock; what a bucket refuses is by its name or the key's, as in the rest of this world: `denied` in a key is not
 * deleted, `no-list` in a bucket's name is not listed.
 */
import type { AclView, Backend, Bookmark, DeletedPart, MetadataEntry, ObjectBackend, ObjectProperties, RestoreAsked, RestoreView, TagView } from '../backend';
import type { VersionCalls } from './versions';
import type { Bucket, Refuse, StoredObject } from './world';

interface World {
  bucketOf: (name: string) => Bucket;
  refuse: Refuse;
  now: () => number;
  /** An id of the account in use. */
  account: () => string;
  /** Deletes an object, as its bucket keeps versions or not. */
  remove: (bucket: string, key: string) => void;
}

type Own =
  | Exclude<keyof ObjectBackend, VersionCalls>
  | 'bookmarks'
  | 'addBookmark'
  | 'removeBookmark'
  | 'createFolder'
  | 'measureFolder'
  | 'deleteObjects'
  | 'deleteFolder'
  | 'presignObject';

export const DELETE_PAGE = 1_000;
const ARCHIVES = ['ARCHIVE', 'COLD_ARCHIVE', 'DEEP_COLD_ARCHIVE'];
/** An archive of the first kind is readable after a minute. */
const RESTORE_MS = 60_000;

export function objectCommands({ bucketOf, refuse, now, account, remove: removeOne }: World): Pick<Backend, Own> {
  const marks = new Map<string, Bookmark[]>();

  function objectOf(bucket: string, key: string): StoredObject {
    return bucketOf(bucket).get(key) ?? refuse('object_not_found', { key });
  }

  function readable(object: StoredObject, key: string): StoredObject {
    if (ARCHIVES.includes(object.storageClass) && restoreOf(object, now())?.state !== 'readable') refuse('archived', { key });
    return object;
  }

  function remove(bucket: string, keys: string[]): DeletedPart {
    bucketOf(bucket);
    const failed = keys
      .filter((key) => key.includes('denied'))
      .map((key) => ({ key, code: 'AccessDenied', message: 'Access Denied' }));
    for (const key of keys) if (!key.includes('denied')) removeOne(bucket, key);
    return { deleted: keys.length - failed.length, failed, next: null };
  }

  /** A page by key, after the key that the page before ended with. */
  function beneath(bucket: string, prefix: string, after: string | null): { keys: string[]; next: string | null } {
    const keys = [...bucketOf(bucket).keys()].filter((key) => key.startsWith(prefix) && (after === null || key > after)).sort();
    const page = keys.slice(0, DELETE_PAGE);
    return { keys: page, next: page.length < keys.length ? (page.at(-1) ?? null) : null };
  }

  function restore(bucket: string, key: string, days: number): RestoreAsked {
    const object = objectOf(bucket, key);
    if (!ARCHIVES.includes(object.storageClass)) {
      const params = { message: 'The object is not archived', code: 'InvalidObjectState' };
      return { key, answer: null, error: { code: 'refused', params, retryable: false } };
    }
    const readyMs = object.restore?.readyMs ?? now() + RESTORE_MS;
    const answer = object.restore === undefined ? 'started' : now() < readyMs ? 'running' : 'extended';
    bucketOf(bucket).set(key, { ...object, restore: { readyMs, untilMs: readyMs + days * 86_400_000 } });
    return { key, answer, error: null };
  }

  return {
    bookmarks: async () => marks.get(account()) ?? [],
    addBookmark: async (bookmark) => {
      const held = marks.get(account()) ?? [];
      const known = held.some((one) => one.bucket === bookmark.bucket && one.prefix === bookmark.prefix);
      marks.set(account(), known ? held : [...held, bookmark]);
      return marks.get(account()) ?? [];
    },
    removeBookmark: async (bookmark) => {
      const held = marks.get(account()) ?? [];
      marks.set(account(), held.filter((one) => one.bucket !== bookmark.bucket || one.prefix !== bookmark.prefix));
      return marks.get(account()) ?? [];
    },

    createFolder: async (bucket, prefix, name) => {
      const there = bucketOf(bucket);
      const key = `${prefix}${name}/`;
      if (name === '' || name.includes('/')) refuse('invalid_name', { reason: 'the name of a folder may not be empty or hold a slash' });
      if (there.has(key)) refuse('already_exists', { name }, true);
      there.set(key, { size: 0, modifiedMs: now(), storageClass: 'STANDARD' });
      return key;
    },
    measureFolder: async (bucket, prefix, after) => {
      const { keys, next } = beneath(bucket, prefix, after);
      return { objects: keys.length, size_bytes: keys.reduce((sum, key) => sum + objectOf(bucket, key).size, 0), next };
    },
    deleteObjects: async (bucket, keys) => {
      if (keys.length > DELETE_PAGE) refuse('invalid_option', { name: 'keys', value: String(keys.length) });
      return remove(bucket, keys);
    },
    deleteFolder: async (bucket, prefix, after) => {
      if (!prefix.endsWith('/')) refuse('invalid_name', { reason: 'a folder ends in a slash' });
      const { keys, next } = beneath(bucket, prefix, after);
      return { ...remove(bucket, keys), next };
    },
    presignObject: async (bucket, key, expiresS) => {
      if (expiresS < 1 || expiresS > 604_800) refuse('invalid_option', { name: 'expires', value: String(expiresS) });
      bucketOf(bucket);
      const path = key.split('/').map(encodeURIComponent).join('/');
      const url = `https://${bucket}.tos-cn-beijing.volces.com/${path}?X-Tos-Algorithm=TOS4-HMAC-SHA256&X-Tos-Expires=${expiresS}&X-Tos-Signature=5f0c9b7e`;
      return { url, expires_ms: now() + expiresS * 1000 };
    },

    getObjectProperties: async (bucket, key) => propertiesOf(objectOf(bucket, key), key, now()),
    setObjectProperties: async (bucket, key, settings) => {
      const object = readable(objectOf(bucket, key), key);
      const { contentType: _type, cacheControl: _cache, ...rest } = object;
      bucketOf(bucket).set(key, {
        ...rest,
        ...(settings.content_type === null ? {} : { contentType: settings.content_type }),
        ...(settings.cache_control === null ? {} : { cacheControl: settings.cache_control }),
        metadata: Object.fromEntries(settings.metadata.map(({ name, value }) => [name, value])),
      });
    },
    getObjectAcl: async (bucket, key) => aclOf(objectOf(bucket, key).acl ?? 'default'),
    setObjectAcl: async (bucket, key, canned) => {
      bucketOf(bucket).set(key, { ...objectOf(bucket, key), acl: canned });
    },
    getObjectTags: async (bucket, key) => objectOf(bucket, key).tags ?? [],
    setObjectTags: async (bucket, key, tags) => {
      const reason = tagFault(tags);
      if (reason !== null) refuse('invalid_name', { reason });
      bucketOf(bucket).set(key, { ...objectOf(bucket, key), tags: tags.map((tag) => ({ ...tag })) });
    },
    restoreArchived: async (bucket, keys, days) => keys.map((key) => restore(bucket, key, days)),
    renameObject: async (bucket, key, newKey) => {
      const there = bucketOf(bucket);
      const object = readable(objectOf(bucket, key), key);
      if (there.has(newKey)) refuse('already_exists', { name: newKey.slice(newKey.lastIndexOf('/') + 1) }, true);
      there.delete(key);
      there.set(newKey, { ...object, modifiedMs: now() });
      return { way: 'renamed' };
    },
  };
}

function restoreOf(object: StoredObject, now: number): RestoreView | null {
  if (!object.restore) return null;
  return now < object.restore.readyMs ? { state: 'running' } : { state: 'readable', until_ms: object.restore.untilMs };
}

function propertiesOf(object: StoredObject, key: string, now: number): ObjectProperties {
  const metadata: MetadataEntry[] = Object.entries(object.metadata ?? {}).map(([name, value]) => ({ name, value }));
  return {
    key,
    version_id: object.versionId ?? null,
    size_bytes: object.size,
    etag: '9a3c1f0e5b7d2468ace013579bdf2468',
    crc64: String(BigInt.asUintN(64, BigInt(Math.round(object.size)) * 0x9e3779b97f4a7c15n)),
    modified_ms: object.modifiedMs,
    storage_class: object.storageClass,
    object_type: null,
    restore: restoreOf(object, now),
    settings: {
      content_type: object.contentType ?? 'application/octet-stream',
      cache_control: object.cacheControl ?? null,
      content_disposition: null,
      content_encoding: null,
      content_language: null,
      expires: null,
      metadata,
    },
  };
}

function aclOf(canned: string): AclView {
  const own = { grantee: 'owner', permission: 'FULL_CONTROL' };
  return { canned, grants: canned === 'public-read' ? [own, { grantee: 'AllUsers', permission: 'READ' }] : [own] };
}

/** The first rule of TOS that these tags break, in the words of the command. */
function tagFault(tags: readonly TagView[]): string | null {
  if (tags.length > 10) return 'an object may have at most 10 tags';
  const keys = new Set<string>();
  for (const { key, value } of tags) {
    if (key === '' || [...key].length > 128) return 'the name of a tag has 1 to 128 characters';
    if ([...value].length > 256) return 'the value of a tag has at most 256 characters';
    const wrong = [...key, ...value].find((char) => !/^[\p{Alphabetic}\p{N} :+\-=._/]$/u.test(char));
    if (wrong !== undefined) return `a tag may not have the character “${wrong}”`;
    if (keys.has(key)) return `two tags have the name “${key}”`;
    keys.add(key);
  }
  return null;
}
