/** Which of the names to be written are there already, found with few requests and only to know what to ask. */
import type { Backend } from '../ipc/backend';

/** Beyond this many names, and a folder of more than one page, nothing is asked one by one. */
export const MAX_PROBES = 40;
const AT_ONCE = 4;

/** The names that exist, or null where finding out would cost too many requests. */
export async function existingNames(
  backend: Pick<Backend, 'listObjects'>,
  bucket: string,
  prefix: string,
  names: readonly string[],
): Promise<string[] | null> {
  const page = await backend.listObjects(bucket, prefix, null);
  const listed = new Set(page.rows.filter((row) => !row.folder).map((row) => row.key));
  if (page.next === null) return names.filter((name) => listed.has(prefix + name));
  if (names.length > MAX_PROBES) return null;
  const found: string[] = [];
  const left = [...names];
  const work = async (): Promise<void> => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      const key = prefix + name;
      const near = await backend.listObjects(bucket, key, null);
      if (near.rows.some((row) => row.key === key && !row.folder)) found.push(name);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, names.length) }, work));
  return names.filter((name) => found.includes(name));
}

/** A prefix as the user may type it: no leading slash, one at the end unless it is empty. */
export function asPrefix(text: string): string {
  const inner = text.trim().replace(/^\/+/, '');
  return inner === '' || inner.endsWith('/') ? inner : `${inner}/`;
}
