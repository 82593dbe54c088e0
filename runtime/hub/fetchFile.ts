/**
 * @file One file of the hub into the cache: resumed where it was cut, size and hash checked, then renamed.
 * Own code: the library's download begins anew each time, takes any answer to a range for the range, doesn't check the hash,
 * and doesn't escape names.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream, existsSync, rmSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../contract/errors.ts';
import { syncFolder, writeError } from '../formats/byteFile.ts';
import { bodyOf, hubGet, networkError, statusError } from './client.ts';
import type { HubAccess } from './client.ts';
import type { HubFile } from './repository.ts';

export interface FileRequest {
  readonly access: HubAccess;
  readonly id: string;
  readonly commit: string;
  readonly file: HubFile;
  /** Where the whole file will lie; `<blob>.incomplete` holds what there is so far. */
  readonly blob: string;
  readonly signal: AbortSignal;
  /** Bytes of this file that are here, after each piece; may go back to 0. */
  readonly onBytes: (bytes: number) => void;
  readonly patience: Patience;
}

/** How long to wait, in milliseconds. */
export interface Patience {
  /** Without a byte, before the connection counts as cut. */
  readonly stall: number;
  /** Before the second attempt; doubled for each further one. */
  readonly retry: number;
}

export const usualPatience: Patience = { stall: 60_000, retry: 1000 };

/** Attempts in a row that bring next to nothing. */
const mostFailures = 5;
/** As much as counts as getting on. */
const progressBytes = 1 << 20;

/** A connection that was cut, or a server that is busy: worth another attempt. */
class Transient extends Error {
  readonly reason: UserError;

  constructor(reason: UserError) {
    super(reason.message);
    this.reason = reason;
  }
}

/** What is on disk, and its hash so far. Written at positions, so that two processes that fetch the same file do no harm. */
interface PartialFile {
  readonly handle: FileHandle;
  bytes: number;
  hash: Hash;
}

export const incompleteName = (blob: string): string => `${blob}.incomplete`;

/** Whether the whole file is here: a blob gets its name only after the check of its hash. */
export const isComplete = (blob: string, bytes: number): boolean =>
  statSync(blob, { throwIfNoEntry: false })?.size === bytes;

/**
 * Fetches the file unless it is there. Throws `hub-hash`, `hub-size`, `disk-full`, `file-unwritable` and the errors of client.ts;
 * what was received stays for the next call, except where its hash is wrong.
 */
export async function fetchFile(request: FileRequest): Promise<void> {
  const { blob, file } = request;
  if (isComplete(blob, file.bytes)) return;
  // a wrong hash after a resume may be the fault of what was there: once more from the first byte
  for (const attempt of ['resumed', 'whole']) {
    const before = existsSync(incompleteName(blob));
    if (await fetchOnce(request)) return;
    rmSync(incompleteName(blob), { force: true });
    if (!before || attempt === 'whole') break;
  }
  throw new UserError(
    'hub-hash',
    `${file.path} of ${request.id} arrived with another content than its hash says.`,
    {
      hint: 'It was removed. Try again; if it happens again, something between here and the hub changes it.',
    },
  );
}

/** False where the hash is wrong. */
async function fetchOnce(request: FileRequest): Promise<boolean> {
  const { blob, file } = request;
  const path = incompleteName(blob);
  try {
    const partial = await openPartial(request, path);
    try {
      await fillPartial(request, partial);
      await partial.handle.truncate(file.bytes);
      await partial.handle.sync();
    } finally {
      await partial.handle.close();
    }
    if (partial.hash.digest('hex') !== file.hash.hex) return false;
    await rename(path, blob).catch((error: unknown) => {
      // another process was quicker
      if (!isComplete(blob, file.bytes)) throw error;
    });
    syncFolder(dirname(blob));
    return true;
  } catch (error) {
    throw writeError(error, path);
  }
}

function newHash({ hash, bytes }: HubFile): Hash {
  if (hash.kind === 'sha256') return createHash('sha256');
  return createHash('sha1').update(`blob ${bytes}\0`);
}

/** Hashes what is there; more than the file should have is no beginning of it. */
async function openPartial({ file, signal }: FileRequest, path: string): Promise<PartialFile> {
  const found = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const bytes = found > file.bytes ? 0 : found;
  const hash = newHash(file);
  if (bytes > 0)
    for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: 1 << 20, signal }))
      hash.update(chunk as Buffer);
  return { handle: await open(path, existsSync(path) ? 'r+' : 'w'), bytes, hash };
}

async function fillPartial(request: FileRequest, partial: PartialFile): Promise<void> {
  let failures = 0;
  // the furthest so far: a server that begins again and again brings nothing
  let furthest = partial.bytes;
  while (partial.bytes < request.file.bytes) {
    try {
      await receive(request, partial);
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      failures = partial.bytes - furthest >= progressBytes ? 1 : failures + 1;
      furthest = Math.max(furthest, partial.bytes);
      if (failures >= mostFailures) throw error.reason;
      await delay(request.patience.retry * 2 ** (failures - 1), undefined, { signal: request.signal });
    }
  }
}

/** One connection: asks for what is missing and writes what comes. */
async function receive(request: FileRequest, partial: PartialFile): Promise<void> {
  const { access, id, file, signal, patience } = request;
  const stalled = new AbortController();
  const timer = setTimeout(() => {
    stalled.abort(new Error('no data'));
  }, patience.stall);
  const from = partial.bytes;
  const place = file.path.split('/').map(encodeURIComponent).join('/');
  const host = new URL(access.endpoint).host;
  try {
    const response = await hubGet(access, `${access.endpoint}/${id}/resolve/${request.commit}/${place}`, {
      // a range of a compressed answer would be a range of other bytes
      headers: { 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) },
      signal: AbortSignal.any([signal, stalled.signal]),
    });
    try {
      checkAnswer(response, request, partial);
      for await (const chunk of bodyOf(response)) {
        timer.refresh();
        if (partial.bytes + chunk.length > file.bytes) throw wrongSize(request, 'more');
        await append(partial, chunk);
        request.onBytes(partial.bytes);
      }
    } finally {
      if (!response.bodyUsed) await response.body?.cancel();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw transientOf(error, host);
  } finally {
    clearTimeout(timer);
  }
  if (partial.bytes < file.bytes) throw new Transient(wrongSize(request, 'less'));
}

/** Errors of the connection are worth another attempt; those of the disk and of what the server says are not. */
function transientOf(error: unknown, host: string): unknown {
  if (error instanceof UserError)
    return ['hub-unreachable', 'hub-failed', 'hub-busy'].includes(error.code) ? new Transient(error) : error;
  // a system call on the file has its name with it; undici's errors have not
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === 'write') return error;
  return new Transient(networkError(error, host));
}

/** Sets the place where the answer begins. Throws `hub-size` and what the status means. */
function checkAnswer(response: Response, request: FileRequest, partial: PartialFile): void {
  const { access, id, file } = request;
  if (response.status === 416 && partial.bytes > 0) {
    // the server has another idea of what is missing: the next attempt asks for all of it
    beginAnew(partial, file);
    throw new Transient(wrongSize(request, 'no such part'));
  }
  if (!response.ok) throw statusError(response, id, file.path, access);
  const header = (name: string): string | null => response.headers.get(name);
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header('content-range') ?? '');
  if (response.status === 206 && range !== null) {
    if (Number(range[1]) !== partial.bytes || (range[2] !== '*' && Number(range[2]) !== file.bytes))
      throw wrongSize(request, 'another part or size');
    return;
  }
  if (response.status !== 200) throw statusError(response, id, file.path, access);
  const length = header('content-length');
  if (length !== null && Number(length) !== file.bytes) throw wrongSize(request, `${length} bytes`);
  // a server that gives no ranges gives the whole file
  beginAnew(partial, file);
}

function beginAnew(partial: PartialFile, file: HubFile): void {
  partial.bytes = 0;
  partial.hash = newHash(file);
}

const wrongSize = ({ id, file }: FileRequest, what: string): UserError =>
  new UserError('hub-size', `${file.path} of ${id} has ${file.bytes} bytes, but the server sends ${what}.`, {
    hint: 'Try again later; a proxy or a mirror may be at fault.',
  });

async function append(partial: PartialFile, chunk: Uint8Array): Promise<void> {
  partial.hash.update(chunk);
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await partial.handle.write(
      chunk,
      done,
      chunk.length - done,
      partial.bytes + done,
    );
    done += bytesWritten;
  }
  partial.bytes += chunk.length;
}
