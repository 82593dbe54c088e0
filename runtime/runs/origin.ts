/** @file Whether a run's base and data are still what they were: by their SHA-256, and by their times where these say enough. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { ChangedInput } from '../contract/api/runs.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import type { RunRecord } from '../contract/run.ts';
import { SafetensorsFolder } from '../formats/safetensorsFolder.ts';
import { hashFiles } from './hash.ts';

/** What a run was made from, of all that its record and config say. */
export type Origin = Pick<RunRecord, 'created' | 'hashes'>;

/** Digests of files that were looked at before, while their size and times stay. */
export class ContentHashes {
  readonly #known = new Map<string, { readonly state: string; readonly hash: Promise<string> }>();
  readonly #read: (paths: readonly string[]) => Promise<string>;

  constructor(read: (paths: readonly string[]) => Promise<string> = hashFiles) {
    this.#read = read;
  }

  of(paths: readonly string[]): Promise<string> {
    const key = paths.join('\n');
    const state = paths
      .map((path) => statSync(path))
      .map(({ size, mtimeMs, ctimeMs }) => `${size} ${mtimeMs} ${ctimeMs}`)
      .join('\n');
    const known = this.#known.get(key);
    if (known?.state === state) return known.hash;
    const hash = this.#read(paths);
    this.#known.set(key, { state, hash });
    return hash;
  }
}

/** The files whose content is recorded as `role`; empty where the config names none. Throws what opening a base throws. */
function filesOf({ base, data }: ResolvedConfig, role: string): readonly string[] {
  if (role === 'train') return [data.train];
  if (role === 'validation') return typeof data.validation === 'string' ? [data.validation] : [];
  if (role !== 'base') return [];
  if (statSync(base).isFile()) return [base];
  const folder = SafetensorsFolder.open(base);
  folder.close();
  return [join(base, 'config.json'), ...folder.paths];
}

const placeOf = ({ base, data }: ResolvedConfig, role: string): string =>
  role === 'base' ? base : role === 'train' ? data.train : String(data.validation);

/** Untouched since: neither its content nor its name changed after that time. (A clock that was set back is not noticed.) */
const untouchedSince = (path: string, time: number): boolean => {
  const { mtimeMs, ctimeMs } = statSync(path);
  return Math.max(mtimeMs, ctimeMs) < time;
};

/** Which of the inputs that the record knows by their digest have another content now. Reads files that were touched since. */
export async function changedInputs(
  { created, hashes }: Origin,
  config: ResolvedConfig,
  known: ContentHashes,
): Promise<ChangedInput[]> {
  const began = Date.parse(created);
  const changed: ChangedInput[] = [];
  for (const [role, before] of Object.entries(hashes)) {
    const path = placeOf(config, role);
    try {
      const files = filesOf(config, role);
      if (files.length === 0 || files.every((file) => untouchedSince(file, began))) continue;
      if ((await known.of(files)) !== before) changed.push({ role, path, what: 'changed' });
    } catch (error) {
      if (!(error instanceof UserError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
      changed.push({ role, path, what: 'missing' });
    }
  }
  return changed;
}
