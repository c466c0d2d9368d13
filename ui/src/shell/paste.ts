/** A path in the clipboard is a place to go to, wherever it is pasted. */
export interface PastedPlace {
  bucket: string;
  prefix: string;
}

/** The folder of a `tos://bucket/key`: that of the key, or the prefix itself. */
export function pastedPlace(text: string): PastedPlace | null {
  const found = /^tos:\/\/([a-z0-9][a-z0-9-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(text.trim());
  const bucket = found?.[1];
  if (bucket === undefined) return null;
  const path = found?.[2] ?? '';
  return { bucket, prefix: path.slice(0, path.lastIndexOf('/') + 1) };
}
