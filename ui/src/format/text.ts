/** Names and paths that must fit: computed from the text alone, never measured. */

/** Longest tail that is kept whole, in characters: enough for an extension and the figures before it. */
const TAIL = 16;
/** Width of such a tail, counted as below. */
const LONG_TAIL_WIDTH = 17;
/** Width of the tail of a short name in wide letters, where a Latin letter is one and a Chinese one is two. */
const TAIL_WIDTH = 12;

function widthOf(cluster: string): number {
  return (cluster.codePointAt(0) ?? 0) > 0x2e80 ? 2 : 1;
}

/**
 * Head and tail of a name. The head may shrink (with an ellipsis drawn by CSS), the tail never does, so the extension
 * is always visible. Cut between grapheme clusters: an emoji or an accent is not torn apart.
 */
export function headAndTail(name: string): { head: string; tail: string } {
  const clusters = [...new Intl.Segmenter().segment(name)].map((part) => part.segment);
  if (clusters.length <= TAIL + 4) {
    if (clusters.reduce((sum, cluster) => sum + widthOf(cluster), 0) <= TAIL + 4) return { head: name, tail: '' };
    // Few letters, but wide ones: without a tail of its own the end would be cut off first.
    return cutAt(clusters, tailFrom(clusters, 1, TAIL_WIDTH));
  }
  return cutAt(clusters, tailFrom(clusters, clusters.length - TAIL, LONG_TAIL_WIDTH));
}

/** Where the tail begins that is at most so wide, and not before `first`. */
function tailFrom(clusters: readonly string[], first: number, most: number): number {
  let at = clusters.length;
  for (let width = 0; at > first; at -= 1) {
    width += widthOf(clusters[at - 1] ?? '');
    if (width > most) break;
  }
  return at;
}

function cutAt(clusters: readonly string[], at: number): { head: string; tail: string } {
  return { head: clusters.slice(0, at).join(''), tail: clusters.slice(at).join('') };
}

/** A path without its last segment: the folder or prefix that holds it. `tos://bucket/key` gives `tos://bucket`. */
export function parentOf(path: string): string {
  const { root, segments, separator } = split(path);
  const kept = segments.slice(0, -1);
  if (kept.length === 0) return root === '' ? '' : root.replace(/[\\/]+$/, root.length === 1 ? root : '');
  return root + kept.join(separator);
}

/** Drops middle segments until the path has at most `limit` characters: `tos://bucket/…/last`, `C:\…\last`. */
export function shortPath(path: string, limit: number): string {
  if (path.length <= limit) return path;
  const { root, segments, separator } = split(path);
  if (segments.length < 2) return path;
  for (let drop = 1; drop < segments.length - (root === '' ? 1 : 0); drop += 1) {
    const first = root === '' ? segments.slice(0, 1) : [];
    const kept = segments.slice(first.length + drop);
    const short = root + [...first, '…', ...kept].join(separator);
    if (short.length <= limit || kept.length === 1) return short;
  }
  return path;
}

function split(path: string): { root: string; segments: string[]; separator: string } {
  const remote = /^tos:\/\/[^/]*\/?/.exec(path);
  const windows = /^(?:[A-Za-z]:\\|\\\\[^\\]+\\)/.exec(path);
  const root = remote?.[0] ?? windows?.[0] ?? (path.startsWith('/') ? '/' : '');
  const separator = windows || (!remote && !path.includes('/') && path.includes('\\')) ? '\\' : '/';
  const rest = path.slice(root.length).replace(/[\\/]$/, '');
  return { root, segments: rest === '' ? [] : rest.split(separator), separator };
}

/** The last segment of a path of any system. */
export function baseName(path: string): string {
  const trimmed = path.replace(/[\\/]+$/, '');
  return trimmed.slice(Math.max(trimmed.lastIndexOf('/'), trimmed.lastIndexOf('\\')) + 1);
}

/** First and last characters of an id that is never read whole: `7f3c91d0…a2e4`. */
export function shortId(id: string): string {
  return id.length <= 16 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`;
}
