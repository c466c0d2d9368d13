/** From an address to a place: whether a path without a slash at its end is a folder or an object, TOS is asked. */
import { type Backend, errorOf } from '../ipc/backend';
import { type Address, parentPrefix } from './address';

export interface Found {
  bucket: string;
  prefix: string;
  /** The object that was meant, if it was one. */
  key: string | null;
}

/**
 * Where an address leads. Where nothing may be listed, a path without a slash is taken for an object, which can be
 * looked at all the same. What is not there is taken for a folder that is empty: something can be uploaded to it.
 *
 * Rejects with what the listing said, except for a missing permission.
 */
export async function find(backend: Pick<Backend, 'listObjects'>, { bucket, path, folder }: Address): Promise<Found> {
  if (folder) return { bucket, prefix: path, key: null };
  try {
    const page = await backend.listObjects(bucket, path, null);
    if (page.rows.some((row) => row.folder && row.key === `${path}/`)) return { bucket, prefix: `${path}/`, key: null };
    if (page.rows.some((row) => !row.folder && row.key === path)) return { bucket, prefix: parentPrefix(path), key: path };
    return { bucket, prefix: `${path}/`, key: null };
  } catch (thrown) {
    if (errorOf(thrown).code !== 'forbidden') throw thrown;
    return { bucket, prefix: parentPrefix(path), key: path };
  }
}
