/** @file What `serve` answers about runs: lists, follows and stops them. */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'jsonc-parser';
import { UserError } from '../contract/errors.ts';
import type { RunsApi, RunSummary } from '../contract/api/runs.ts';
import type { RunEvent } from '../contract/run.ts';
import type { ServeEvents } from '../contract/protocol.ts';
import { flatten, packSteps } from '../contract/steps.ts';
import type { FlatParts } from '../contract/steps.ts';
import { runFiles } from '../runs/names.ts';
import { changedInputs, ContentHashes } from '../runs/origin.ts';
import { readResolvedConfig, readSummary, writeLabel } from '../runs/read.ts';
import type { Answers, Emit } from './answers.ts';
import { codedParts } from './codedParts.ts';
import { EventTail } from './eventTail.ts';
import { Follower } from './follower.ts';
import { overviewOf } from './overview.ts';
import { RunList } from './runList.ts';
import { readTrial } from './runTrial.ts';

/** Where the config's runs lie, also while the rest of the file is being typed. */
async function outputOf(config: string): Promise<string | undefined> {
  try {
    const value = parse(await readFile(config, 'utf8')) as unknown;
    const named = typeof value === 'object' && value !== null && 'output' in value ? value.output : undefined;
    return resolve(dirname(config), typeof named === 'string' ? named : 'runs');
  } catch {
    return undefined;
  }
}

async function readAll(folder: string): Promise<readonly RunEvent[]> {
  const { events } = await new EventTail(join(folder, runFiles.metrics)).read();
  return events;
}

function summaryOf(folder: string): RunSummary {
  const summary = readSummary(folder);
  if (summary !== undefined) return summary;
  throw new UserError('no-run', 'There is no run in this folder.', { place: { file: folder } });
}

/**
 * True for the first that asks about this end of the run, among all windows and for ever: an empty file says that it was told.
 * Where none can be written, each window tells.
 */
async function claimEnd({ folder, record }: RunSummary): Promise<boolean> {
  try {
    await writeFile(join(folder, `.told-${record.status}-${record.step}`), '', { flag: 'wx' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EEXIST';
  }
}

export interface RunAnswers extends Answers<RunsApi> {
  /** The runs that were found so far. */
  readonly listed: () => readonly RunSummary[];
}

/** `changed`: the list is another one, or a run in it is. */
export function runHandlers(emit: Emit<ServeEvents>, changed: () => void = () => undefined): RunAnswers {
  const followers = new Map<string, Follower>();
  /** Of long runs, until their pages have drawn the overview and ask for the rest. */
  const wholes = new Map<string, FlatParts>();
  const leave = (folder: string): void => {
    followers.get(folder)?.close();
    followers.delete(folder);
    wholes.delete(folder);
  };
  const hashes = new ContentHashes();
  const list = new RunList({
    changed: (message) => {
      emit('runs/changed', message);
      changed();
    },
  });
  return {
    listed: () => list.runs,
    dispose: () => {
      for (const folder of [...followers.keys()]) leave(folder);
      list.dispose();
    },
    handlers: {
      'runs/watch': async ({ folders, configs }) => {
        const outputs = await Promise.all(configs.map(outputOf));
        const runs = await list.watch([...folders, ...outputs.filter((output) => output !== undefined)]);
        changed();
        return { runs };
      },
      'run/follow': async ({ folder }) => {
        const summary = summaryOf(folder);
        leave(folder);
        const follower = new Follower(folder, ({ events, restarted }) => {
          emit('run/events', { folder, parts: packSteps(events), restarted });
        });
        followers.set(folder, follower);
        const events = await follower.events();
        const overview = overviewOf(events);
        const isOverview = overview !== undefined;
        if (isOverview && followers.get(folder) === follower) wholes.set(folder, flatten(packSteps(events)));
        return { summary, steps: codedParts(flatten(packSteps(overview ?? events))), isOverview };
      },
      'run/whole': async ({ folder }) => {
        const kept = wholes.get(folder);
        wholes.delete(folder);
        // asked twice: read anew, and what came as `run/events` meanwhile takes the place of the same steps
        return codedParts(kept ?? flatten(packSteps(await readAll(folder))));
      },
      'run/leave': ({ folder }) => {
        leave(folder);
        return null;
      },
      'run/stop': async ({ folder }) => {
        summaryOf(folder);
        await writeFile(join(folder, runFiles.stop), '');
        return null;
      },
      'run/read': ({ folder }) => summaryOf(folder),
      'run/rename': async ({ folder, label }) => {
        summaryOf(folder);
        writeLabel(folder, label);
        await list.refresh(folder);
        return null;
      },
      'run/origin': async ({ folder }) => {
        const { record } = summaryOf(folder);
        return { changed: await changedInputs(record, readResolvedConfig(folder), hashes) };
      },
      'run/trial': ({ folder }) => {
        summaryOf(folder);
        return readTrial(folder);
      },
      'run/claim': async ({ folder }) => ({ first: await claimEnd(summaryOf(folder)) }),
    },
  };
}
