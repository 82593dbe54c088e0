/** @file What `serve` answers about runs: lists, follows and stops them. */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'jsonc-parser';
import { UserError } from '../contract/errors.ts';
import { packSteps } from '../contract/steps.ts';
import type { RunsApi, RunsEvents, RunSummary } from '../contract/api/runs.ts';
import { runFiles } from '../runs/names.ts';
import { readSummary } from '../runs/read.ts';
import type { Answers, Emit } from './answers.ts';
import { Follower } from './follower.ts';
import { RunList } from './runList.ts';

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

function summaryOf(folder: string): RunSummary {
  const summary = readSummary(folder);
  if (summary !== undefined) return summary;
  throw new UserError('no-run', 'There is no run in this folder.', { place: { file: folder } });
}

export function runHandlers(emit: Emit<RunsEvents>): Answers<RunsApi> {
  const followers = new Map<string, Follower>();
  const leave = (folder: string): void => {
    followers.get(folder)?.close();
    followers.delete(folder);
  };
  const list = new RunList({
    changed: (message) => {
      emit('runs/changed', message);
    },
  });
  return {
    dispose: () => {
      for (const folder of [...followers.keys()]) leave(folder);
      list.dispose();
    },
    handlers: {
      'runs/watch': async ({ folders, configs }) => {
        const outputs = await Promise.all(configs.map(outputOf));
        return { runs: await list.watch([...folders, ...outputs.filter((output) => output !== undefined)]) };
      },
      'run/follow': async ({ folder }) => {
        const summary = summaryOf(folder);
        leave(folder);
        const follower = new Follower(folder, ({ events, restarted }) => {
          emit('run/events', { folder, parts: packSteps(events), restarted });
        });
        followers.set(folder, follower);
        return { summary, parts: packSteps(await follower.events()) };
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
    },
  };
}
