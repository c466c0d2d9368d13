/** A path in the clipboard, or typed into the palette, is a place to go to. The address field reads the same paths. */
import { parentFolder, readPath } from '../browser/address';

export interface PastedPlace {
  bucket: string;
  prefix: string;
}

/** The folder of a `tos://bucket/key`: that of the key, or the prefix itself. */
export function pastedPlace(text: string): PastedPlace | null {
  const found = readPath(text);
  return found === null ? null : { bucket: found.bucket, prefix: parentFolder(found) };
}
