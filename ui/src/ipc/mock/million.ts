/** A bucket with as many keys as one likes, of which none is stored: a page is counted out when it is asked for. */
import type { FolderPart, ObjectPage, ObjectRow } from '../backend';

export const MILLION_BUCKET = 'render-frames';
const FOLDERS = ['comp/', 'plates/'];
const DAY_MS = 86_400_000;

/** Keys sort as they are counted. */
function frame(n: number, now: number): ObjectRow {
  const name = `frame-${String(n).padStart(7, '0')}.exr`;
  return {
    key: name,
    name,
    folder: false,
    size_bytes: 18_000_000 + ((n * 2_654_435_761) % 9_000_000),
    modified_ms: now - ((n * 40_503) % 400) * DAY_MS,
    storage_class: n % 11 === 0 ? 'IA' : 'STANDARD',
  };
}

export function millionPage(keys: number, prefix: string, after: string | null, rows: number, now: number): ObjectPage {
  if (prefix !== '') {
    const inside = FOLDERS.includes(prefix) ? [{ ...frame(0, now), key: `${prefix}slate.exr`, name: 'slate.exr' }] : [];
    const one = inside.length === 0 ? exactly(keys, prefix, now) : inside;
    return { rows: one, next: null };
  }
  const start = after === null ? 0 : Number(after);
  const end = Math.min(keys, start + rows);
  const page: ObjectRow[] = [];
  // `comp/` is before the frames, `plates/` behind them: the last page brings a folder.
  const folder = (key: string): ObjectRow => ({ key, name: key, folder: true, size_bytes: 0, modified_ms: null, storage_class: null });
  if (start === 0) page.push(folder('comp/'));
  if (end === keys) page.push(folder('plates/'));
  for (let n = start; n < end; n += 1) page.push(frame(n, now));
  return { rows: page, next: end < keys ? String(end) : null };
}

/** A listing by a whole key, as a look for one name asks. */
function exactly(keys: number, key: string, now: number): ObjectRow[] {
  const n = Number(/^frame-(\d{7})\.exr$/.exec(key)?.[1] ?? Number.NaN);
  return n < keys ? [frame(n, now)] : [];
}

export function millionFolder(prefix: string): FolderPart {
  return FOLDERS.includes(prefix) ? { objects: 1, size_bytes: 18_000_000, next: null } : { objects: 0, size_bytes: 0, next: null };
}
