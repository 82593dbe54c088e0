/** @file The shared reference data beside the repository: fixtures, models and data too large to be part of it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../../../shared');

/**
 * Absolute path of something in the shared folder, undefined where this machine doesn't have it.
 * Throws under `CI=true`: there, nothing may be left out.
 */
export const shared = (path: string): string | undefined => {
  const absolute = resolve(folder, path);
  if (existsSync(absolute)) return absolute;
  if (process.env['CI'] === 'true') throw new Error(`the shared reference data is missing: ${path}`);
  return undefined;
};

/** Fixtures of other implementations that are part of the repository: the family `llama`, adapters, GGUF blocks. */
const bundled = resolve(import.meta.dirname, '../fixtures/references');

/** A fixture by its path below `fixtures`: the shared folder's, else the repository's own copy where there is one. */
export const reference = (path: string): string | undefined => {
  const here = shared(`fixtures/${path}`);
  const copy = resolve(bundled, path);
  return here ?? (existsSync(copy) ? copy : undefined);
};
