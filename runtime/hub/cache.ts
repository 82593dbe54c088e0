/**
 * @file The hub's cache on this machine: where a downloaded base lies (huggingface_hub docs, "Understand caching").
 * Own code, for the library's scan goes through every repository and takes 60 ms to load, and a check asks at each keystroke.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A base as written: `owner/name`, or one .gguf file of it. */
export interface HubBase {
  readonly id: string;
  /** Path of the .gguf file inside the repository. */
  readonly file?: string;
}

/** Where the hub's clients keep what they download; the same variables in the same order as in `huggingface_hub`. */
export function cacheFolder(env: Environment = process.env): string {
  const named = (name: string): string | undefined => env[name] || undefined;
  const home = named('HF_HOME') ?? join(named('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'huggingface');
  const folder = named('HF_HUB_CACHE') ?? named('HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub');
  return folder.replace(/^~(?=$|[/\\])/, () => homedir());
}

/** `owner/name` by the hub's rules: no two dots or dashes in a row, which would also lead out of the cache's folder names. */
export const isHubId = (text: string): boolean =>
  /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/.test(text) && !/\.\.|--|[.]git$/.test(text);

/** A path that stays inside its folder on every system. */
export const isInside = (path: string): boolean =>
  path.length <= 500 &&
  !/[\\:\p{Cc}<>"|?*]/u.test(path) &&
  path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');

/** Reads `owner/name` or `owner/name/file.gguf`; undefined for anything else. */
export function parseHubBase(text: string): HubBase | undefined {
  const [owner, name, ...rest] = text.split('/');
  const id = `${owner ?? ''}/${name ?? ''}`;
  if (!isHubId(id)) return undefined;
  const file = rest.join('/');
  if (file === '') return rest.length === 0 ? { id } : undefined;
  return isInside(file) && file.toLowerCase().endsWith('.gguf') ? { id, file } : undefined;
}

/** `<cache>/models--owner--name`. */
export const repositoryFolder = (id: string, env: Environment = process.env): string =>
  join(cacheFolder(env), `models--${id.replace('/', '--')}`);

export const isCommit = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

/**
 * The folder or .gguf file that `base` was downloaded to: of the branch main, or of the only revision there is.
 * Undefined where it isn't there, or where another program has left only a part of it.
 */
export function downloadedBase({ id, file }: HubBase, env: Environment = process.env): string | undefined {
  const repository = repositoryFolder(id, env);
  const commit = readCommit(join(repository, 'refs', 'main')) ?? onlyName(join(repository, 'snapshots'));
  return commit === undefined ? undefined : baseIn(join(repository, 'snapshots', commit), file);
}

/** The ids of all bases that were downloaded whole, in the order of their names. */
export function downloadedBases(env: Environment = process.env): string[] {
  return namesIn(cacheFolder(env))
    .flatMap((name) => /^models--(.+?)--(.+)$/.exec(name)?.slice(1).join('/') ?? [])
    .filter((id) => isHubId(id) && downloadedBase({ id }, env) !== undefined)
    .sort();
}

/** What a downloaded revision offers as a base: the named file, the folder itself, or its only .gguf file. */
export function baseIn(snapshot: string, file: string | undefined): string | undefined {
  const has = (name: string): boolean => existsSync(join(snapshot, name));
  if (file !== undefined) return has(file) ? join(snapshot, file) : undefined;
  if (has('config.json') && (has('model.safetensors') || has('model.safetensors.index.json')))
    return snapshot;
  const files = namesIn(snapshot).filter((name) => name.toLowerCase().endsWith('.gguf'));
  return files.length === 1 && has(files[0]!) ? join(snapshot, files[0]!) : undefined;
}

/** Repository and commit of a path inside a cache of the hub; undefined for other paths. */
export function cachedSource(path: string): { readonly id: string; readonly commit: string } | undefined {
  const found = /[/\\]models--([^/\\]+?)--([^/\\]+)[/\\]snapshots[/\\]([0-9a-f]{40})(?=$|[/\\])/.exec(path);
  return found ? { id: `${found[1]!}/${found[2]!}`, commit: found[3]! } : undefined;
}

/** What to do where a hub id has no copy on this machine. */
export function notDownloaded(base: HubBase): UserError {
  const written = base.file === undefined ? base.id : `${base.id}/${base.file}`;
  return new UserError('base-not-downloaded', `${written} is not on this machine.`, {
    hint: `If it is a model of the Hugging Face hub, download it: adapter-workbench download ${written}`,
  });
}

/** A commit as `refs/main` holds it; anything else counts as absent. */
function readCommit(path: string): string | undefined {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(64);
      const text = bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, bytes.length, 0)).trim();
      return isCommit(text) ? text : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

function onlyName(folder: string): string | undefined {
  const commits = namesIn(folder).filter(isCommit);
  return commits.length === 1 ? commits[0] : undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
