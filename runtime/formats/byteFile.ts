/** @file Reads ranges of a file, and writes files so that a reader sees the old content or the new, never half of it. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../contract/errors.ts';

/** One system call's worth; the system takes at most 2^31 - 1 bytes at once. */
const largestCall = 1 << 28;

type Reasons = Readonly<Record<string, readonly [code: string, message: string, hint?: string]>>;

const readReasons: Reasons = {
  ENOENT: ['file-missing', 'does not exist.'],
  ENOTDIR: ['file-missing', 'does not exist: a part of its path is a file.'],
  EACCES: ['file-unreadable', 'may not be opened: access is denied.'],
  EPERM: ['file-unreadable', 'may not be opened: access is denied.'],
  EMFILE: ['file-unreadable', 'may not be opened: the system allows no further open file.'],
  EIO: ['file-unreadable', 'could not be read: the disk reports an error.'],
};

const freeSpace = 'Free some space, or choose a folder on another disk.';

const writeReasons: Reasons = {
  // also where a folder can't be made because everything around it is read-only
  ENOENT: ['file-unwritable', "cannot be written: its folder does not exist or can't be made."],
  EEXIST: ['file-unwritable', 'cannot be written: a file has the name of its folder.'],
  ENOTDIR: ['file-unwritable', 'cannot be written: a part of its path is a file.'],
  EISDIR: ['file-unwritable', 'cannot be written: a folder has this name.'],
  EACCES: ['file-unwritable', 'cannot be written: access is denied.'],
  EPERM: ['file-unwritable', 'cannot be written: access is denied.'],
  EROFS: ['file-unwritable', 'cannot be written: the file system is read-only.'],
  ENOSPC: ['disk-full', 'could not be written: the disk is full.', freeSpace],
  EDQUOT: ['disk-full', 'could not be written: the disk quota is used up.', freeSpace],
  EFBIG: ['disk-full', 'could not be written: it is larger than the file system allows.'],
};

/** A system error as an expected one; whatever isn't known stays as it is. */
function fileError(error: unknown, file: string, reasons: Reasons): unknown {
  const known = reasons[(error as NodeJS.ErrnoException).code ?? ''];
  if (known === undefined) return error;
  const [code, message, hint] = known;
  return new UserError(code, message, { place: { file }, ...(hint !== undefined && { hint }), cause: error });
}

/** A system error of writing `file` as `disk-full` or `file-unwritable`; whatever isn't known stays as it is. */
export const writeError = (error: unknown, file: string): unknown => fileError(error, file, writeReasons);

/** An open file whose size was taken once; all reads are checked against it. */
export class ByteFile {
  readonly path: string;
  readonly size: number;
  #descriptor: number | undefined;

  /** Throws `file-missing`, `file-unreadable` or `not-a-file`. */
  constructor(path: string) {
    this.path = path;
    try {
      // Asked before opening: to open a named pipe is to wait for its writer.
      if (!statSync(path).isFile())
        throw new UserError('not-a-file', 'is not a regular file.', { place: { file: path } });
      this.#descriptor = openSync(path, 'r');
    } catch (error) {
      throw fileError(error, path, readReasons);
    }
    this.size = fstatSync(this.#descriptor).size;
  }

  /** Fills `into` from byte `position` on. Throws `file-truncated` when the file ends before. */
  read(into: Uint8Array, position: number): Uint8Array {
    if (this.#descriptor === undefined) throw new Error(`${this.path} was closed`);
    let done = 0;
    while (done < into.length) {
      const wanted = Math.min(into.length - done, largestCall);
      const count = this.#readOnce(into, done, wanted, position + done);
      if (count === 0) {
        throw new UserError('file-truncated', `ends where ${into.length - done} more bytes should follow.`, {
          place: { file: this.path, byte: position + done },
        });
      }
      done += count;
    }
    return into;
  }

  #readOnce(into: Uint8Array, offset: number, length: number, position: number): number {
    try {
      return readSync(this.#descriptor!, into, offset, length, position);
    } catch (error) {
      throw fileError(error, this.path, readReasons);
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** Writes all of `bytes` at the file's end. */
export type Append = (bytes: Uint8Array) => void;

/**
 * Writes `path` through a temporary file beside it: written, synced, renamed, folder synced.
 * When `write` or the disk fails the old file stays and the temporary one is removed. Throws `disk-full`, `file-unwritable`.
 */
export function writeAtomically(path: string, write: (append: Append) => void): void {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const descriptor = openSync(temporary, 'wx');
    try {
      write((bytes) => {
        for (let done = 0; done < bytes.length;)
          done += writeSync(descriptor, bytes, done, Math.min(bytes.length - done, largestCall));
      });
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    removeIfThere(temporary);
    throw writeError(error, path);
  }
}

/** The error that led here is the one to tell. */
function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Not even its folder is there
  }
}

/** Makes a rename last through a power cut; Windows has no such call and does it itself. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
