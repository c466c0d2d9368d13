// Files to move, and proofs that they are the same.
import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream, closeSync, openSync, writeSync } from 'node:fs';

export const MIB = 1024 ** 2;

/** A file of random bytes: nothing in it can be mistaken for something else in it. */
export function makeFile(path, sizeBytes) {
  const file = openSync(path, 'w');
  const piece = Buffer.alloc(4 * MIB);
  for (let left = sizeBytes; left > 0; left -= piece.length) {
    randomFillSync(piece);
    writeSync(file, piece, 0, Math.min(left, piece.length));
  }
  closeSync(file);
  return path;
}

export async function digest(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
