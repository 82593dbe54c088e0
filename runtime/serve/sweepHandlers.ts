/** @file What `serve` answers about sweeps: lists, watches and stops them, and says what a config offers to sweep over. */
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fullCheck } from '../config/fullCheck.ts';
import { readConfigText } from '../config/read.ts';
import type { SweepsApi, SweepsEvents, SweepSummary } from '../contract/api/sweeps.ts';
import { UserError } from '../contract/errors.ts';
import { lockHolder } from '../runs/lock.ts';
import { runFiles, sweepsFolder } from '../runs/names.ts';
import { listSweeps, readSweep } from '../runs/sweep.ts';
import type { Answers, Emit } from './answers.ts';
import { gather, watchFolder } from './folderWatch.ts';
import type { Watch } from './folderWatch.ts';

const reportEvery = 500;
/** A process that dies leaves no trace in a file: this is the one thing that has to be asked for. */
const livenessEvery = 2000;
/** Each costs a watch. */
const mostWatched = 50;

export function sweepHandlers(emit: Emit<SweepsEvents>): Answers<SweepsApi> {
  let outputs: readonly string[] = [];
  let sweeps: readonly SweepSummary[] = [];
  let folders: Watch[] = [];
  /** The newest, also those that stand still: another window may resume one. */
  const watched = new Map<string, Watch>();
  let timer: NodeJS.Timeout | undefined;
  const read = (): void => {
    sweeps = outputs.flatMap(listSweeps);
    const wanted = new Set(sweeps.slice(0, mostWatched).map(({ folder }) => folder));
    for (const [folder, watch] of watched)
      if (!wanted.has(folder)) {
        watch.close();
        watched.delete(folder);
      }
    for (const folder of wanted)
      if (!watched.has(folder)) watched.set(folder, watchFolder(folder, report.call));
    if (sweeps.every(({ pid }) => pid === undefined)) {
      clearInterval(timer);
      timer = undefined;
    } else
      timer ??= setInterval(() => {
        if (sweeps.some(({ folder, pid }) => pid !== undefined && lockHolder(folder) !== pid)) report.call();
      }, livenessEvery).unref();
  };
  const report = gather(() => {
    const before = JSON.stringify(sweeps);
    read();
    if (JSON.stringify(sweeps) !== before) emit('sweeps/changed', { sweeps });
  }, reportEvery);
  const leave = (): void => {
    report.cancel();
    clearInterval(timer);
    timer = undefined;
    for (const watch of [...folders, ...watched.values()]) watch.close();
    folders = [];
    watched.clear();
  };
  return {
    dispose: leave,
    handlers: {
      'sweeps/watch': ({ outputs: wanted }) => {
        leave();
        outputs = [...new Set(wanted)];
        folders = outputs.map((output) => watchFolder(sweepsFolder(output), report.call));
        read();
        return { sweeps };
      },
      'sweep/stop': async ({ folder }) => {
        if (readSweep(folder) === undefined)
          throw new UserError('sweep-missing', 'There is no sweep in this folder.', {
            place: { file: folder },
          });
        await writeFile(join(folder, runFiles.stop), '');
        return null;
      },
      'sweep/choices': ({ config: file }) => {
        const { config, variants } = fullCheck(readConfigText(file), file);
        return { variants, seed: config?.training.seed ?? 0, threads: availableParallelism() };
      },
    },
  };
}
