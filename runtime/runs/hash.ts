/** @file SHA-256 of what a run was made from. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';

const chunkBytes = 1 << 20;

/** Hex digest of a file's content, read in pieces. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: chunkBytes }), hash);
  return hash.digest('hex');
}

/** Hex digest of one file, or of several: that of the list which `sha256sum` prints for them, sorted by name. */
export async function hashFiles(paths: readonly string[]): Promise<string> {
  if (paths.length === 1) return hashFile(paths[0]!);
  const sorted = [...paths].sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
  const hash = createHash('sha256');
  for (const path of sorted) hash.update(`${await hashFile(path)}  ${basename(path)}\n`);
  return hash.digest('hex');
}
