/** @file The repository's own files, for tests that read code as text. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

const skipped = new Set(['node_modules', 'dist', 'out', 'fixtures', 'artifacts']);

/** Paths relative to the repository with forward slashes, sorted, of files under `folder` whose name ends in `end`. */
export function filesUnder(folder: string, end: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesUnder(path, end);
      return entry.name.endsWith(end) ? [path] : [];
    })
    .sort();
}

export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
