/** @file What a repository of the hub holds: the commit of a revision, and its files with sizes and hashes. */
import { listFiles, modelInfo } from '@huggingface/hub';
import { UserError } from '../contract/errors.ts';
import { isCommit, isInside } from './cache.ts';
import { jsonFetch, networkError } from './client.ts';
import type { HubAccess } from './client.ts';

export interface HubFile {
  /** Path inside the repository, with slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Of the content (large files), or git's: SHA-1 of `blob <size>\0` and the content. */
  readonly hash: { readonly kind: 'sha256' | 'git'; readonly hex: string };
}

export interface Repository {
  readonly id: string;
  readonly commit: string;
  /** By path; names that some system can't keep inside a folder are left out. */
  readonly files: ReadonlyMap<string, HubFile>;
}

/** The hub gives 1,000 files a page. */
const mostPages = 100;
const mostFiles = 100_000;

const strange = (id: string, what: string): UserError =>
  new UserError('hub-answer', `The hub's answer about ${id} can't be used: ${what}.`);

/** Throws the `hub-*` errors of client.ts, and `hub-answer` for a list that no honest hub gives. */
export async function readRepository(
  access: HubAccess,
  id: string,
  revision: string,
  signal: AbortSignal,
): Promise<Repository> {
  const hub = { hubUrl: access.endpoint, fetch: jsonFetch(access, id, signal, mostPages) };
  try {
    const { sha } = await modelInfo({ ...hub, name: id, revision, additionalFields: ['sha'] });
    // the library doesn't look at what it hands on
    if (typeof sha !== 'string' || !isCommit(sha)) throw strange(id, 'it names no commit');
    const files = new Map<string, HubFile>();
    let seen = 0;
    for await (const entry of listFiles({ ...hub, repo: id, revision: sha, recursive: true })) {
      if (++seen > mostFiles) throw strange(id, `it lists more than ${mostFiles} files`);
      const file = checkedEntry(entry, id);
      if (file) files.set(file.path, file);
    }
    return { id, commit: sha, files };
  } catch (error) {
    throw listingError(error, id, access, signal);
  }
}

function listingError(error: unknown, id: string, access: HubAccess, signal: AbortSignal): unknown {
  if (error instanceof UserError) return error;
  signal.throwIfAborted();
  if (error instanceof SyntaxError) return strange(id, 'it is not JSON');
  const broken = error instanceof Error && (error.name === 'TimeoutError' || error.message === 'terminated');
  if (broken) return networkError(error, new URL(access.endpoint).host);
  return strange(id, error instanceof Error ? error.message.slice(0, 200) : 'it has an unknown form');
}

/** One entry of the tree as the server sent it. Throws `hub-unsafe-name`, `hub-answer`. */
function checkedEntry(entry: unknown, id: string): HubFile | undefined {
  const { type, path, size, oid, lfs } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  if (type !== 'file') return undefined;
  if (typeof path !== 'string') throw strange(id, 'a file has no name');
  // git keeps no such name: the list was made to write elsewhere
  if (path.split(/[/\\]/).some((name) => name === '..') || /^([/\\]|[A-Za-z]:[/\\])/.test(path))
    throw new UserError(
      'hub-unsafe-name',
      `${id} lists the file ${JSON.stringify(path.slice(0, 80))}, which leads out of its folder.`,
      { hint: 'Nothing was downloaded: do not trust this repository.' },
    );
  if (!isInside(path)) return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw strange(id, `${path} has no size`);
  const large = (lfs ?? {}) as Readonly<Record<string, unknown>>;
  const [hex, kind] = lfs ? ([large['oid'], 'sha256'] as const) : ([oid, 'git'] as const);
  if (typeof hex !== 'string' || !(kind === 'git' ? isCommit(hex) : /^[0-9a-f]{64}$/.test(hex)))
    throw strange(id, `${path} has no hash`);
  return { path, bytes: size, hash: { kind, hex } };
}
