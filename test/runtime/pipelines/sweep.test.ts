/** @file The queue of a sweep around workers that are played by the test: order, failures, stop, resume, hopeless runs. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import type { RunEvent, RunStatus } from '../../../runtime/contract/run.ts';
import { refuseIncomparable, runSweep } from '../../../runtime/pipelines/sweep.ts';
import type { SweepJob, SweepOptions, SweepWorker } from '../../../runtime/pipelines/sweep.ts';
import { readSweep, SweepKeeper } from '../../../runtime/runs/sweep.ts';
import { makeRun } from '../../support/runFolder.ts';
import { runConfig } from '../../support/runConfig.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const STEPS = 10;

/** How a run goes: its exit code, or what it throws. */
type Play = (job: SweepJob, say: (event: RunEvent) => void, folder: string) => number | Promise<number>;

interface Stage {
  readonly jobs: SweepJob[];
  /** Workers that were started, and closed. */
  readonly workers: { started: number; closed: number; most: number };
  readonly keeper: SweepKeeper;
  readonly go: (play: Play, more?: Partial<SweepOptions>) => Promise<number>;
}

function stage(
  output: string,
  variants: readonly string[],
  options: { parallel?: number; stopHopeless?: boolean; keeper?: SweepKeeper } = {},
): Stage {
  const keeper =
    options.keeper ??
    SweepKeeper.create({
      configFile: join(output, 'tickets.adapter.json'),
      configText: '{}',
      sets: [],
      output,
      parallel: options.parallel ?? 1,
      stopHopeless: options.stopHopeless ?? false,
      runs: variants.map((variant) => ({ variant, seed: 3 })),
    });
  const config = { ...runConfig(output), data: { ...runConfig(output).data, validation: 0.5 } };
  const jobs: SweepJob[] = [];
  const workers = { started: 0, closed: 0, most: 0 };
  const go: Stage['go'] = async (play, more = {}) => {
    const startWorker = (): SweepWorker => {
      workers.started++;
      workers.most = Math.max(workers.most, workers.started - workers.closed);
      return {
        run: async (job, { onFolder, onEvent }) => {
          jobs.push(job);
          const id = job.resume ?? `${job.variant!}-run`;
          const run = makeRun(output, id.split('/').at(-1)!, { status: 'running', steps: STEPS });
          onFolder(run.folder);
          onEvent({ event: 'started', run: id, steps: STEPS, rows: 4, trainable: 1 });
          const code = await play(job, onEvent, run.folder);
          const status: RunStatus = code === 0 ? 'done' : code === 130 ? 'stopped' : 'failed';
          run.record({ status });
          return code;
        },
        close: () => {
          workers.closed++;
          return Promise.resolve();
        },
      };
    };
    const quiet = { onChange: () => undefined, onEvent: () => undefined };
    const configs = keeper.sweep.runs.map(() => config);
    try {
      return await runSweep({ keeper, configs, startWorker, threads: 5, ...quiet, ...more });
    } finally {
      keeper.close();
    }
  };
  return { jobs, workers, keeper, go };
}

const evaluation = (step: number, loss: number): RunEvent => ({
  event: 'evaluation',
  step,
  loss,
  tokens: 1,
  seconds: 0,
  best: true,
});

const statuses = (keeper: SweepKeeper) => readSweep(keeper.folder)?.sweep.runs.map(({ status }) => status);

describe('the queue', () => {
  test('runs all in order in one worker, which gets all threads, and says so in its file', async () => {
    const { go, jobs, workers, keeper } = stage(temporaryFolder(), ['a', 'b', 'c']);
    const seen: (string | undefined)[] = [];
    const code = await go((job) => {
      // its file is true while it goes on
      seen.push(
        readSweep(keeper.folder)
          ?.sweep.runs.map(({ status }) => status)
          .join(' '),
      );
      expect(readSweep(keeper.folder)?.pid).toBe(process.pid);
      expect(job.sweep).toBe(keeper.sweep.id);
      return 0;
    });
    expect(code).toBe(0);
    expect(jobs.map(({ variant, threads }) => [variant, threads])).toEqual([
      ['a', 5],
      ['b', 5],
      ['c', 5],
    ]);
    expect(seen).toEqual(['running waiting waiting', 'done running waiting', 'done done running']);
    expect(statuses(keeper)).toEqual(['done', 'done', 'done']);
    expect(workers).toEqual({ started: 1, closed: 1, most: 1 });
    expect(readSweep(keeper.folder)?.pid).toBeUndefined();
  });

  test('two at a time divide the threads, and no more begin', async () => {
    const { go, jobs, workers } = stage(temporaryFolder(), ['a', 'b', 'c', 'd'], { parallel: 2 });
    let [now, most] = [0, 0];
    await go(async () => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      now--;
      return 0;
    });
    expect(most).toBe(2);
    expect(new Set(jobs.map(({ threads }) => threads))).toEqual(new Set([2]));
    expect(jobs).toHaveLength(4);
    expect(workers).toEqual({ started: 2, closed: 2, most: 2 });
  });

  test('a run that fails or never starts does not end the others; the next one gets a fresh worker', async () => {
    const { go, keeper, workers } = stage(temporaryFolder(), ['fails', 'refused', 'fine']);
    const code = await go((job, say) => {
      if (job.variant === 'refused') throw new UserError('x', 'there is no base.');
      if (job.variant === 'fine') return 0;
      say({ event: 'failed', message: 'the loss is no number' });
      return 1;
    });
    expect(code).toBe(1);
    expect(workers.started).toBe(3);
    const runs = keeper.sweep.runs.map(({ status, message }) => [status, message]);
    expect(runs).toEqual([
      ['failed', 'the loss is no number'],
      ['failed', 'there is no base.'],
      ['done', undefined],
    ]);
  });
});

describe('stop and resume', () => {
  test('a stop file ends the current run by its own stop file, and no other begins', async () => {
    const { go, keeper, jobs } = stage(temporaryFolder(), ['a', 'b']);
    const code = await go((_, say, folder) => {
      writeFileSync(join(keeper.folder, 'stop'), '');
      say(evaluation(1, 2));
      return existsSync(join(folder, 'stop')) ? 130 : 0;
    });
    expect(code).toBe(130);
    expect(jobs).toHaveLength(1);
    expect(statuses(keeper)).toEqual(['stopped', 'waiting']);
  });

  test('a resumed sweep goes on with what is not done, in the same folders', async () => {
    const output = temporaryFolder();
    const first = stage(output, ['a', 'b', 'c']);
    await first.go((job) => (job.variant === 'a' ? 0 : job.variant === 'b' ? 1 : 130));
    expect(statuses(first.keeper)).toEqual(['done', 'failed', 'stopped']);
    const again = stage(output, [], { keeper: SweepKeeper.reopen(first.keeper.folder) });
    expect(await again.go(() => 0)).toBe(0);
    expect(again.jobs.map(({ resume }) => resume)).toEqual([join(output, 'b-run'), join(output, 'c-run')]);
    expect(() => SweepKeeper.reopen(first.keeper.folder)).toThrow('is done');
  });

  test('a worker that ends while the sweep is being stopped leaves its run interrupted, not failed', async () => {
    const { go, keeper } = stage(temporaryFolder(), ['a', 'b']);
    const code = await go(() => {
      writeFileSync(join(keeper.folder, 'stop'), '');
      throw new UserError('worker-ended', 'killed');
    });
    expect(code).toBe(130);
    expect(keeper.sweep.runs.map(({ status }) => status)).toEqual(['interrupted', 'waiting']);
  });

  test('a run that a person stops alone leaves the others going', async () => {
    const { go, keeper } = stage(temporaryFolder(), ['a', 'b']);
    expect(await go((job) => (job.variant === 'a' ? 130 : 0))).toBe(0);
    expect(statuses(keeper)).toEqual(['stopped', 'done']);
  });
});

describe('hopeless runs', () => {
  const play: Play = (job, say, folder) => {
    const level = { bad: 9, good: 2 }[job.variant!.split(' ')[0]!]!;
    for (let step = 1; step <= STEPS; step++) {
      say(evaluation(step, level));
      if (existsSync(join(folder, 'stop'))) return 130;
    }
    return 0;
  };
  const variants = ['good 1', 'bad early', 'good 2', 'good 3', 'bad late'];

  test('are given up after the grace once three others have come so far, and only when asked', async () => {
    const asked = stage(temporaryFolder(), variants, { stopHopeless: true });
    expect(await asked.go(play)).toBe(0);
    expect(statuses(asked.keeper)).toEqual(['done', 'done', 'done', 'done', 'hopeless']);
    expect(asked.keeper.sweep.runs[4]?.message).toBe(
      "Given up at step 2: its best loss, 9.00, is above 2.00, the median of the 4 others' means.",
    );
    const not = stage(temporaryFolder(), variants);
    await not.go(play);
    expect(statuses(not.keeper)).toEqual(variants.map(() => 'done'));
  });

  test('losses on other data are no judges', () => {
    const config = runConfig('/x');
    expect(() => {
      refuseIncomparable([config, { ...config, method: { ...config.method, rank: 8 } }]);
    }).not.toThrow();
    expect(() => {
      refuseIncomparable([config, { ...config, data: { ...config.data, length: 8 } }]);
    }).toThrow('can not be judged');
  });
});
