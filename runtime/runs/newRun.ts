/** @file Makes a run's folder: it appears whole, with its lock, its record and all that says what it was made from. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { ResolvedConfig } from '../contract/config.ts';
import type { RunRecord } from '../contract/run.ts';
import { syncFolder, writeError } from '../formats/byteFile.ts';
import { machineName } from '../formats/machine.ts';
import { writeText } from '../formats/textFile.ts';
import { gitState } from './git.ts';
import type { GitState } from './git.ts';
import { acquireLock, releaseLock } from './lock.ts';
import { configStem, runFiles, runId } from './names.ts';

export interface NewRun {
  readonly config: ResolvedConfig;
  /** The config's text as it was read, comments and all. */
  readonly configText: string;
  /** The config's own path. */
  readonly configFile: string;
  readonly variant?: string;
  /** The run whose adapter this one continues. */
  readonly parent?: string;
  /** The sweep that it belongs to. */
  readonly sweep?: string;
  /** As far as it is known before the start; `update` says more later. */
  readonly device: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly hashes: Readonly<Record<string, string>>;
}

/** run.json as text. */
export const recordText = (record: RunRecord): string => `${JSON.stringify(record, null, 2)}\n`;

const recordOf = (run: NewRun, id: string, created: Date, git: GitState | undefined): RunRecord => {
  const { variant, parent, sweep } = run;
  const { patch, ...commit } = git ?? {};
  return {
    id,
    name: configStem(run.configFile),
    ...(variant === undefined ? {} : { variant }),
    status: 'waiting',
    created: created.toISOString(),
    updated: created.toISOString(),
    config: resolve(run.configFile),
    seed: run.config.training.seed,
    device: run.device,
    machine: machineName(),
    step: 0,
    steps: 0,
    ...(parent === undefined ? {} : { parent }),
    ...(sweep === undefined ? {} : { sweep }),
    versions: run.versions,
    ...(git === undefined
      ? {}
      : {
          git: {
            ...(commit as Omit<GitState, 'patch'>),
            ...(patch === undefined ? {} : { patch: runFiles.patch }),
          },
        }),
    hashes: run.hashes,
  };
};

/**
 * The new run's folder, record and the lock to give back. It is filled under a hidden name, so that a reader never sees a run
 * without its record. Throws `disk-full` or `file-unwritable`.
 */
export function createRunFolder(
  run: NewRun,
  created: Date,
): { folder: string; record: RunRecord; release: () => void } {
  const { output } = run.config;
  const id = runId(created, run.configFile, run.variant, randomBytes(3).toString('hex'));
  const [folder, hidden] = [join(output, id), join(output, `.${id}.tmp`)];
  const git = gitState(dirname(resolve(run.configFile)));
  const record = recordOf(run, id, created, git);
  try {
    mkdirSync(hidden, { recursive: true });
    acquireLock(hidden);
    const write = (name: string, text: string): void => {
      writeText(join(hidden, name), text);
    };
    write(runFiles.configText, run.configText);
    write(runFiles.resolvedConfig, `${JSON.stringify(run.config, null, 2)}\n`);
    if (git?.patch !== undefined) write(runFiles.patch, git.patch);
    for (const name of [runFiles.metrics, runFiles.samples, runFiles.log])
      writeFileSync(join(hidden, name), '');
    write(runFiles.record, recordText(record));
    renameSync(hidden, folder);
    syncFolder(output);
  } catch (error) {
    rmSync(hidden, { recursive: true, force: true });
    throw writeError(error, folder);
  }
  const release = (): void => {
    releaseLock(folder);
  };
  return { folder, record, release };
}
