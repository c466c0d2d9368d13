/** What keeps a bucket from being empty, as far as the first page of each list tells. */
import type { Backend, ObjectRow } from '../ipc/backend';

export interface Count {
  n: number;
  more: boolean;
}

/** A part is null where it could not be listed. */
export interface Held {
  objects: (Count & { folders: number }) | null;
  /** Older versions and marks of deletions; `keys` are those of the first ones. */
  versions: (Count & { keys: string[] }) | null;
  uploads: Count | null;
}

type Asks = Pick<Backend, 'listObjects' | 'listVersions' | 'listUploads'>;

const KEYS_NAMED = 5;

export async function heldBy(backend: Asks, bucket: string): Promise<Held> {
  const [objects, versions, uploads] = await Promise.all([
    backend.listObjects(bucket, '', null).catch(() => null),
    backend.listVersions(bucket, '', null).catch(() => null),
    backend.listUploads(bucket, '', null).catch(() => null),
  ]);
  const folders = (objects?.rows ?? []).filter((row: ObjectRow) => row.folder).length;
  // What is newest and no mark is the object itself.
  const older = (versions?.rows ?? []).filter((row) => !row.latest || row.delete_marker);
  return {
    objects: objects && { n: objects.rows.length - folders, folders, more: objects.next !== null },
    versions: versions && { n: older.length, more: versions.next !== null, keys: [...new Set(older.map(({ key }) => key))].slice(0, KEYS_NAMED) },
    uploads: uploads && { n: uploads.rows.length, more: uploads.next !== null },
  };
}
