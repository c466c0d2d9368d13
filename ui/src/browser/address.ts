/** What a person may type or paste in the address field, understood as a place of this account. */
export interface Address {
  bucket: string;
  /** A prefix ending in `/`, a key, or empty. */
  path: string;
  /** Whether it was written as a folder; otherwise it may be an object as well. */
  folder: boolean;
}

export type Misread = 'empty' | 'not_bucket' | 'not_tos';

const SCHEME = 'tos://';

/** `tos://bucket/path` and nothing else; null for what is not that. */
export function readPath(text: string): Address | null {
  const wanted = text.trim();
  if (!wanted.startsWith(SCHEME)) return null;
  const found = inBucket(wanted.slice(SCHEME.length));
  return typeof found === 'string' ? null : found;
}

/** The folder that an address is, or is in. */
export function parentFolder({ path }: Address): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/**
 * `tos://bucket/path`, the https URL of an object (of TOS, or of the endpoint in use; with or without a signature), or
 * a path of the bucket that is open.
 */
export function readAddress(text: string, here: { bucket: string; endpoint: string }): Address | Misread {
  const wanted = text.trim();
  if (wanted === '') return 'empty';
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(wanted)?.[1]?.toLowerCase();
  if (scheme === 'tos') return inBucket(wanted.slice(SCHEME.length));
  if (scheme === 'http' || scheme === 'https') return fromUrl(wanted, here.endpoint);
  if (scheme !== undefined) return 'not_tos';
  return place(here.bucket, wanted.replace(/^\//, ''));
}

function inBucket(rest: string): Address | Misread {
  const slash = rest.indexOf('/');
  const bucket = slash < 0 ? rest : rest.slice(0, slash);
  return isBucket(bucket) ? place(bucket, slash < 0 ? '' : rest.slice(slash + 1)) : 'not_bucket';
}

function fromUrl(text: string, endpoint: string): Address | Misread {
  if (!URL.canParse(text)) return 'not_tos';
  const url = new URL(text);
  const own = hostOf(endpoint);
  const path = decoded(url.pathname.slice(1));
  if (path === null) return 'not_tos';
  // The bucket is the first label of the host, or the first part of the path where the host is the endpoint itself.
  if (url.host === own || /^tos(-[a-z0-9-]+)?\.(i?volces|bytepluses)\.com$/.test(url.hostname)) return inBucket(path);
  const dot = url.host.indexOf('.');
  const rest = url.host.slice(dot + 1);
  if (dot > 0 && (rest === own || /^tos(-[a-z0-9-]+)?\.(i?volces|bytepluses)\.com$/.test(rest))) {
    const bucket = url.host.slice(0, dot);
    return isBucket(bucket) ? place(bucket, path) : 'not_bucket';
  }
  return 'not_tos';
}

function hostOf(endpoint: string): string {
  const text = endpoint.includes('://') ? endpoint : `https://${endpoint}`;
  return URL.canParse(text) ? new URL(text).host : endpoint;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function isBucket(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name);
}

function place(bucket: string, path: string): Address {
  return { bucket, path, folder: path === '' || path.endsWith('/') };
}

/** The folder that a key or a prefix is in. */
export function parentPrefix(path: string): string {
  return path.slice(0, path.lastIndexOf('/', path.length - 2) + 1);
}
