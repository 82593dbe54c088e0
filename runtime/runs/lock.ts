/**
 * @file `run.lock`: which process writes a run. A lock counts while its process lives: same pid, same start, same boot of the
 * system. Where the system doesn't tell when a process started (all but Linux), the pid and the boot's time decide.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { writeError } from '../formats/byteFile.ts';
import { runFiles } from './names.ts';

export interface Lock {
  readonly pid: number;
  /** Start of the process in the system's own ticks; empty where unknown. */
  readonly started: string;
  /** The system's boot: its id, or `time:<seconds since 1970>`. */
  readonly boot: string;
}

/** Two readings of a boot's time differ by what clocks are set meanwhile. In seconds. */
const bootTolerance = 120;
/** A lock that can't be read may be one that is being written. In milliseconds. */
const writingTime = 10_000;
const largestLock = 4096;

/** When and whether a process runs, undefined where it doesn't. A zombie doesn't: it only waits to be counted. */
function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // the name in parentheses may hold anything; state is field 3, start time field 22 (proc(5))
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : (fields[19] ?? '');
    } catch {
      return undefined;
    }
  }
  try {
    process.kill(pid, 0);
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? '' : undefined;
  }
}

function bootOf(): string {
  try {
    if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // a container may hide it
  }
  return `time:${Math.round(Date.now() / 1000 - uptime())}`;
}

function sameBoot(a: string, b: string): boolean {
  const [x, y] = [a, b].map((boot) => (boot.startsWith('time:') ? Number(boot.slice(5)) : undefined));
  return x !== undefined && y !== undefined ? Math.abs(x - y) < bootTolerance : a === b;
}

const ownLock = (): Lock => ({ pid: process.pid, started: startOf(process.pid) ?? '', boot: bootOf() });

/** Whether the process of a lock still runs. Locks of other programs may name the pid alone. */
export function isHeld({ pid, started, boot }: Lock): boolean {
  if (boot !== '' && !sameBoot(boot, bootOf())) return false;
  const now = startOf(pid);
  return now !== undefined && (started === '' || now === '' || started === now);
}

function parseLock(text: string): Lock | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<keyof Lock, unknown>> | null;
    const pid = value?.pid;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
    const text_ = (field: unknown): string => (typeof field === 'string' ? field : '');
    return { pid, started: text_(value?.started), boot: text_(value?.boot) };
  } catch {
    return undefined;
  }
}

/** The lock's text, undefined where there is none. */
function readLock(path: string): string | undefined {
  try {
    return statSync(path).size > largestLock ? '' : readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The process that writes this run now, undefined where none does. */
export function lockHolder(folder: string): number | undefined {
  const lock = parseLock(readLock(join(folder, runFiles.lock)) ?? '');
  return lock !== undefined && isHeld(lock) ? lock.pid : undefined;
}

/**
 * Takes the lock of a run's folder, from a process that is gone too. Throws `run-in-use` where its process lives.
 * The result gives it back.
 */
export function acquireLock(folder: string): () => void {
  const path = join(folder, runFiles.lock);
  const own = JSON.stringify(ownLock());
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(path, own, { flag: 'wx' });
      return () => {
        releaseLock(folder);
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(error, path);
    }
    removeStale(path);
  }
  throw inUse(path, undefined);
}

/** Gives the lock back, if it is this process's. */
export function releaseLock(folder: string): void {
  const path = join(folder, runFiles.lock);
  if (parseLock(readLock(path) ?? '')?.pid === process.pid) rmSync(path, { force: true });
}

function inUse(path: string, pid: number | undefined): UserError {
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new UserError('run-in-use', `is being written by ${who}.`, {
    place: { file: path },
    hint: 'Stop that run first, or wait for its end.',
  });
}

/** Moves a lock of a dead process away; one that another taker has put there meanwhile goes back. */
function removeStale(path: string): void {
  const text = readLock(path);
  if (text === undefined) return;
  const lock = parseLock(text);
  if (lock !== undefined && isHeld(lock)) throw inUse(path, lock.pid);
  if (lock === undefined && Date.now() - statSync(path).mtimeMs < writingTime) throw inUse(path, undefined);
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  try {
    if (readLock(aside) !== text) linkSync(aside, path);
  } catch {
    // a third process has taken it: the lock that is there counts
  } finally {
    rmSync(aside, { force: true });
  }
}
