/**
 * @file A base from the hub into the hub's cache on this machine: first what it comes to, then the files. Blobs are named by
 * their hash; the revision's folder links to them, and `refs/` names it only when all are whole.
 */
import { mkdirSync, renameSync, rmSync, statfsSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { formatBytes } from '../contract/format.ts';
import { writeError } from '../formats/byteFile.ts';
import { readJsonObject } from '../formats/jsonFile.ts';
import { writeText } from '../formats/textFile.ts';
import { baseIn, isCommit, isInside, repositoryFolder } from './cache.ts';
import type { Environment, HubBase } from './cache.ts';
import { chooseFiles, chooseShards } from './choose.ts';
import { hubAccess } from './client.ts';
import type { HubAccess } from './client.ts';
import { fetchFile, incompleteName, isComplete, usualPatience } from './fetchFile.ts';
import type { Patience } from './fetchFile.ts';
import { readRepository } from './repository.ts';
import type { HubFile } from './repository.ts';

export interface DownloadRequest {
  readonly base: HubBase;
  /** Branch, tag or commit; main where absent. */
  readonly revision?: string;
  readonly signal: AbortSignal;
  readonly env?: Environment;
  readonly patience?: Patience;
}

export interface PlannedFile {
  readonly path: string;
  readonly bytes: number;
  /** Bytes of it that are on this machine. */
  readonly here: number;
}

/** What a download comes to, before it begins. */
export interface DownloadPlan {
  readonly base: HubBase;
  readonly commit: string;
  readonly host: string;
  readonly files: readonly PlannedFile[];
  /** Of all files, and of those that are here already. */
  readonly bytes: number;
  readonly here: number;
  /** The repository's folder in the cache. */
  readonly folder: string;
  /** The downloaded config.json; undefined for a .gguf file. */
  readonly config?: string;
  /**
   * Downloads what is missing and returns the base's path. `onBytes` gets a file's path and how much of it is here.
   * Throws `disk-full` and the errors of fetchFile.ts; what was received stays.
   */
  readonly run: (onBytes: (path: string, bytes: number) => void) => Promise<string>;
}

/** What the steps of one download share. */
interface Job {
  readonly request: DownloadRequest;
  readonly access: HubAccess;
  readonly folder: string;
  readonly commit: string;
}

/** Not so little that the system itself gets into trouble. */
const spareBytes = 100_000_000;

/**
 * Asks the hub what `base` holds and chooses the files; only config.json and a shard index are downloaded.
 * Throws the errors of client.ts, repository.ts and choose.ts.
 */
export async function planDownload(request: DownloadRequest): Promise<DownloadPlan> {
  const { base, revision = 'main', signal, env } = request;
  if (!/^\w/.test(revision) || !isInside(revision))
    throw new UserError('bad-argument', `${JSON.stringify(revision)} is no branch, tag or commit.`);
  const access = hubAccess(env);
  const repository = await readRepository(access, base.id, revision, signal);
  const folder = repositoryFolder(base.id, env);
  const job: Job = { request, access, folder, commit: repository.commit };
  const { gguf, config, index, others } = chooseFiles(repository, base.file);
  makeFolder(join(folder, 'blobs'));
  for (const file of [config, index]) if (file) await fetchInto(job, file, () => undefined);
  const shards = index ? chooseShards(repository, readJsonObject(placeOf(job, index))) : [];
  const files = [gguf, config, index, ...others, ...shards].filter((file) => file !== undefined);
  const planned = files.map((file) => ({ path: file.path, bytes: file.bytes, here: bytesHere(job, file) }));
  const sum = (field: 'bytes' | 'here'): number => planned.reduce((total, file) => total + file[field], 0);
  return {
    base,
    commit: job.commit,
    host: new URL(access.endpoint).host,
    files: planned,
    bytes: sum('bytes'),
    here: sum('here'),
    folder,
    ...(config && { config: placeOf(job, config) }),
    run: (onBytes) => runDownload(job, files, sum('bytes') - sum('here'), onBytes),
  };
}

async function runDownload(
  job: Job,
  files: readonly HubFile[],
  missing: number,
  onBytes: (path: string, bytes: number) => void,
): Promise<string> {
  checkSpace(job.folder, missing);
  for (const file of files) await fetchInto(job, file, onBytes);
  const snapshot = join(job.folder, 'snapshots', job.commit);
  for (const file of files) linkFile(blobOf(job, file), join(snapshot, file.path), file.bytes);
  const { base, revision = 'main' } = job.request;
  if (!isCommit(revision)) {
    const ref = join(job.folder, 'refs', revision);
    makeFolder(dirname(ref));
    writeText(ref, job.commit);
  }
  const path = baseIn(snapshot, base.file ?? (files.length === 1 ? files[0]!.path : undefined));
  if (path === undefined) throw new Error(`the downloaded ${base.id} is not complete`);
  return path;
}

const blobOf = ({ folder }: Pick<Job, 'folder'>, { hash }: HubFile): string =>
  join(folder, 'blobs', hash.hex);

const snapshotOf = ({ folder, commit }: Job, { path }: HubFile): string =>
  join(folder, 'snapshots', commit, path);

/** The whole file as a blob or, where links are not allowed, in the revision's folder. */
const placeOf = (job: Job, file: HubFile): string =>
  isComplete(blobOf(job, file), file.bytes) ? blobOf(job, file) : snapshotOf(job, file);

const isHere = (job: Job, file: HubFile): boolean => isComplete(placeOf(job, file), file.bytes);

function bytesHere(job: Job, file: HubFile): number {
  if (isHere(job, file)) return file.bytes;
  const partial = statSync(incompleteName(blobOf(job, file)), { throwIfNoEntry: false })?.size ?? 0;
  return partial > file.bytes ? 0 : partial;
}

async function fetchInto(
  job: Job,
  file: HubFile,
  onBytes: (path: string, bytes: number) => void,
): Promise<void> {
  const { request, access, commit } = job;
  if (!isHere(job, file))
    await fetchFile({
      access,
      id: request.base.id,
      commit,
      file,
      blob: blobOf(job, file),
      signal: request.signal,
      onBytes: (bytes) => {
        onBytes(file.path, bytes);
      },
      patience: request.patience ?? usualPatience,
    });
  onBytes(file.path, file.bytes);
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw writeError(error, path);
  }
}

/** Before hours of downloading, not after. Throws `disk-full`. */
function checkSpace(folder: string, missing: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (missing === 0 || missing + spareBytes <= free) return;
  throw new UserError(
    'disk-full',
    `The download needs ${formatBytes(missing)} more; ${formatBytes(free)} are free.`,
    { place: { file: folder }, hint: 'Make room, or set HF_HOME to a folder on another disk.' },
  );
}

/** Puts a link to the blob in the revision's folder; the blob itself where the system allows no links (as `huggingface_hub`). */
function linkFile(blob: string, path: string, bytes: number): void {
  if (isComplete(path, bytes)) return;
  makeFolder(dirname(path));
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    if (makeLink(relative(dirname(path), blob), temporary)) renameSync(temporary, path);
    else renameSync(blob, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw writeError(error, path);
  }
}

/** False where neither the system nor the file system allows it. */
function makeLink(target: string, path: string): boolean {
  try {
    symlinkSync(target, path, 'file');
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['EPERM', 'ENOSYS', 'ENOTSUP'].includes(code)) return false;
    throw error;
  }
}
