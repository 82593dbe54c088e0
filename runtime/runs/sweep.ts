/** @file A sweep's folder: which runs were asked for, how far they are, and the text of the config they are made from. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import type { Sweep, SweepRun, SweepRunStatus, SweepSummary } from '../contract/api/sweeps.ts';
import { UserError } from '../contract/errors.ts';
import { writeError } from '../formats/byteFile.ts';
import { writeText } from '../formats/textFile.ts';
import { acquireLock, lockHolder } from './lock.ts';
import { configStem, runFiles, runId, sweepsFolder } from './names.ts';
import { readSummary } from './read.ts';

const stateFile = 'sweep.json';
/** Thousands of runs fit. */
const largestState = 4 << 20;

const statuses: Readonly<Record<SweepRunStatus, true>> = {
  waiting: true,
  running: true,
  done: true,
  stopped: true,
  failed: true,
  interrupted: true,
  hopeless: true,
};

function isRun(value: unknown): value is SweepRun {
  if (typeof value !== 'object' || value === null) return false;
  const { variant, seed, status, folder, message } = value as Partial<Record<keyof SweepRun, unknown>>;
  const texts = [variant, folder, message].every((text) => text === undefined || typeof text === 'string');
  return (
    texts &&
    typeof seed === 'number' &&
    Object.hasOwn(statuses, String(status)) &&
    (folder === undefined || isAbsolute(folder as string))
  );
}

function parseSweep(text: string): Sweep | undefined {
  const value = JSON.parse(text) as Partial<Record<keyof Sweep, unknown>> | null;
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, name, config, created, updated, sets, runs, parallel, stopHopeless } = value;
  const fits =
    [id, name, config, created, updated].every((text) => typeof text === 'string') &&
    typeof parallel === 'number' &&
    typeof stopHopeless === 'boolean' &&
    Array.isArray(sets) &&
    sets.every((set) => typeof set === 'string') &&
    Array.isArray(runs) &&
    runs.every(isRun);
  return fits ? (value as unknown as Sweep) : undefined;
}

/** The sweep as its file says, undefined where there is none or it is none of ours. */
function readState(folder: string): Sweep | undefined {
  const path = join(folder, stateFile);
  try {
    return statSync(path).size > largestState ? undefined : parseSweep(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** How a run of a sweep stands that nobody works on: as its own record says. */
function settled(run: SweepRun): SweepRun {
  if (run.folder === undefined) return run.status === 'running' ? { ...run, status: 'waiting' } : run;
  if (run.status === 'hopeless') return run;
  const record = readSummary(run.folder)?.record;
  // someone deleted it: it is to be made again
  if (record === undefined) return { seed: run.seed, status: 'waiting', ...named(run) };
  return { ...run, status: record.status };
}

const named = ({ variant }: SweepRun): { variant?: string } => (variant === undefined ? {} : { variant });

/** A sweep as others see it. Where its process is gone, its runs are as their own folders say. */
export function readSweep(folder: string): SweepSummary | undefined {
  const sweep = readState(folder);
  if (sweep === undefined) return undefined;
  const pid = lockHolder(folder);
  if (pid !== undefined) return { sweep, folder, pid };
  return { sweep: { ...sweep, runs: sweep.runs.map(settled) }, folder };
}

/** Those of an output folder, newest first. */
export function listSweeps(output: string): SweepSummary[] {
  const folder = sweepsFolder(output);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .reverse()
    .map((name) => readSweep(join(folder, name)))
    .filter((sweep) => sweep !== undefined);
}

/** The folder of a sweep by path or id. Throws `sweep-missing`. */
export function findSweep(name: string, output: string): string {
  const folder = [name, join(sweepsFolder(output), basename(name))].find(
    (path) => isAbsolute(path) && readState(path) !== undefined,
  );
  if (folder !== undefined) return folder;
  throw new UserError('sweep-missing', `There is no sweep ${JSON.stringify(name)} here or in ${output}.`);
}

export interface NewSweep {
  readonly configFile: string;
  readonly configText: string;
  readonly sets: readonly string[];
  readonly output: string;
  readonly parallel: number;
  readonly stopHopeless: boolean;
  readonly runs: readonly Pick<SweepRun, 'variant' | 'seed'>[];
}

/** A sweep that this process works on; `close` gives it back. */
export class SweepKeeper {
  readonly folder: string;
  readonly #release: () => void;
  #sweep: Sweep;

  /** Throws `file-unwritable` or `disk-full`. */
  static create(asked: NewSweep, now = new Date()): SweepKeeper {
    const id = runId(now, asked.configFile, 'sweep', randomBytes(3).toString('hex'));
    const folder = join(sweepsFolder(asked.output), id);
    const time = now.toISOString();
    try {
      mkdirSync(folder, { recursive: true });
      const release = acquireLock(folder);
      const sweep: Sweep = {
        id,
        name: configStem(asked.configFile),
        config: asked.configFile,
        sets: asked.sets,
        created: time,
        updated: time,
        parallel: asked.parallel,
        stopHopeless: asked.stopHopeless,
        runs: asked.runs.map((run) => ({ ...run, status: 'waiting' })),
      };
      writeText(join(folder, runFiles.configText), asked.configText);
      writeText(join(folder, stateFile), `${JSON.stringify(sweep, null, 2)}\n`);
      return new SweepKeeper(folder, sweep, release);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw writeError(error, folder);
    }
  }

  /** Goes on with a sweep: what isn't done waits again. Throws `sweep-missing`, `run-in-use`, `sweep-done`. */
  static reopen(folder: string, changes: Partial<Pick<Sweep, 'parallel'>> = {}): SweepKeeper {
    const missing = new UserError('sweep-missing', 'holds no sweep.', { place: { file: folder } });
    if (readState(folder) === undefined) throw missing;
    const release = acquireLock(folder);
    try {
      const sweep = readState(folder);
      if (sweep === undefined) throw missing;
      rmSync(join(folder, runFiles.stop), { force: true });
      const keeper = new SweepKeeper(folder, { ...sweep, ...changes }, release);
      const runs = sweep.runs.map(settled);
      if (runs.every(isSettled))
        throw new UserError('sweep-done', 'is done: there is nothing to go on with.', {
          place: { file: folder },
        });
      keeper.#write(runs.map((run) => (isSettled(run) ? run : again(run))));
      return keeper;
    } catch (error) {
      release();
      throw error;
    }
  }

  private constructor(folder: string, sweep: Sweep, release: () => void) {
    this.folder = folder;
    this.#sweep = sweep;
    this.#release = release;
  }

  get sweep(): Sweep {
    return this.#sweep;
  }

  /** The config as it was when the sweep was asked for. */
  get configText(): string {
    return readFileSync(join(this.folder, runFiles.configText), 'utf8');
  }

  /** Replaces what is known of one run. Throws `disk-full`. */
  update(index: number, changes: Partial<SweepRun>): void {
    this.#write(this.#sweep.runs.map((run, i) => (i === index ? { ...run, ...changes } : run)));
  }

  #write(runs: readonly SweepRun[]): void {
    this.#sweep = { ...this.#sweep, runs, updated: new Date().toISOString() };
    writeText(join(this.folder, stateFile), `${JSON.stringify(this.#sweep, null, 2)}\n`);
  }

  stopRequested(): boolean {
    return existsSync(join(this.folder, runFiles.stop));
  }

  close(): void {
    rmSync(join(this.folder, runFiles.stop), { force: true });
    this.#release();
  }
}

const isSettled = ({ status }: SweepRun): boolean => status === 'done' || status === 'hopeless';

const again = ({ variant, seed, folder }: SweepRun): SweepRun => ({
  ...(variant === undefined ? {} : { variant }),
  seed,
  status: 'waiting',
  ...(folder === undefined ? {} : { folder }),
});
