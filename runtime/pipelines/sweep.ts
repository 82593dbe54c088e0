/**
 * @file Runs a sweep: variants x seeds from a queue, some at a time, each an ordinary run in a worker that keeps base and data
 * open from one run to the next. One run that fails doesn't end the others.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { SweepRun } from '../contract/api/sweeps.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import { describeError, exitCodes, UserError } from '../contract/errors.ts';
import type { RunEvent } from '../contract/run.ts';
import { runFiles } from '../runs/names.ts';
import { readEvents, readRecord } from '../runs/read.ts';
import type { SweepKeeper } from '../runs/sweep.ts';
import { hopelessWords, judgeRun, RunCurve } from './sweepHopeless.ts';
import type { Hopeless } from './sweepHopeless.ts';

/** One run as a worker gets it; crosses to another process as JSON. */
export interface SweepJob {
  readonly sweep: string;
  readonly config: ResolvedConfig;
  readonly configText: string;
  readonly configFile: string;
  readonly variant?: string;
  /** Folder of a run to go on with. */
  readonly resume?: string;
  readonly threads: number;
}

export interface JobListener {
  readonly onFolder: (folder: string) => void;
  readonly onEvent: (event: RunEvent) => void;
}

/** Runs jobs one after the other. */
export interface SweepWorker {
  /** Resolves with the run's exit code; rejects with what kept it from starting, or ended the worker. */
  readonly run: (job: SweepJob, listener: JobListener) => Promise<number>;
  readonly close: () => Promise<void>;
}

export interface SweepOptions {
  readonly keeper: SweepKeeper;
  /** The resolved config of each run, in the order of the sweep's runs. */
  readonly configs: readonly ResolvedConfig[];
  readonly startWorker: () => SweepWorker;
  /** Threads of arithmetic for all runs together. */
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** A run's status has changed. */
  readonly onChange: (index: number, run: SweepRun) => void;
  readonly onEvent: (index: number, event: RunEvent) => void;
}

/** Losses that the runs of a sweep are judged by have to be losses of the same rows. Throws `sweep-not-comparable`. */
export function refuseIncomparable(configs: readonly ResolvedConfig[]): void {
  const [first] = configs;
  for (const { base, data } of configs)
    if (!isDeepStrictEqual([base, data], [first?.base, first?.data]))
      throw new UserError(
        'sweep-not-comparable',
        'Variants with another base or other data can not be judged by each other.',
        {
          hint: 'Leave --stop-hopeless out, or sweep over variants of the method and the training only.',
        },
      );
}

/** Works through the queue. Returns the exit code: 130 when it was stopped, 1 when a run failed, else 0. */
export async function runSweep(options: SweepOptions): Promise<number> {
  const { keeper } = options;
  const queue = keeper.sweep.runs.flatMap(({ status }, index) => (status === 'waiting' ? [index] : []));
  const scene = new Scene(options);
  const lanes = Math.max(1, Math.min(keeper.sweep.parallel, queue.length));
  const threads = Math.max(1, Math.floor(options.threads / lanes));
  await Promise.all(Array.from({ length: lanes }, () => scene.work(queue, threads)));
  if (scene.stopped()) return exitCodes.stopped;
  return keeper.sweep.runs.some(({ status }) => status === 'failed') ? exitCodes.failed : exitCodes.done;
}

/** What the coordinator keeps of one run. */
interface Watched {
  readonly curve: RunCurve;
  hopeless?: Hopeless;
  failure?: string;
  told?: true;
}

class Scene {
  readonly #options: SweepOptions;
  readonly #keeper: SweepKeeper;
  readonly #watched: readonly Watched[];

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#keeper = options.keeper;
    // what a sweep that is resumed has done already counts among the others
    this.#watched = this.#keeper.sweep.runs.map(({ folder }, index) => {
      const steps = folder === undefined ? undefined : readRecord(folder)?.steps;
      const curve = new RunCurve(options.configs[index]!, steps);
      if (this.#keeper.sweep.stopHopeless && folder !== undefined)
        for (const event of readEvents(folder)) curve.add(event);
      return { curve };
    });
  }

  stopped(): boolean {
    return this.#options.signal?.aborted === true || this.#keeper.stopRequested();
  }

  /** One lane: takes the next run until none is left. A worker that broke is replaced. */
  async work(queue: number[], threads: number): Promise<void> {
    let worker: SweepWorker | undefined;
    try {
      while (queue.length > 0 && !this.stopped()) {
        worker ??= this.#options.startWorker();
        if (await this.#run(worker, queue.shift()!, threads)) continue;
        await worker.close();
        worker = undefined;
      }
    } finally {
      await worker?.close();
    }
  }

  /** False where the worker should not be used again. */
  async #run(worker: SweepWorker, index: number, threads: number): Promise<boolean> {
    const { sweep, configText } = this.#keeper;
    const { variant, folder } = sweep.runs[index]!;
    this.#change(index, { status: 'running' });
    const job: SweepJob = {
      sweep: sweep.id,
      config: this.#options.configs[index]!,
      configText,
      configFile: sweep.config,
      threads,
      ...(variant === undefined ? {} : { variant }),
      ...(folder === undefined ? {} : { resume: folder }),
    };
    try {
      const exitCode = await worker.run(job, {
        onFolder: (made) => {
          this.#change(index, { folder: made });
        },
        onEvent: (event) => {
          this.#heard(index, event);
        },
      });
      this.#change(index, this.#ending(index, exitCode));
      return exitCode !== exitCodes.failed;
    } catch (error) {
      // who stops a sweep by ending its processes has not seen a run fail
      const status = this.stopped() ? 'interrupted' : 'failed';
      this.#change(index, { status, message: describeError(error) });
      return false;
    }
  }

  #ending(index: number, exitCode: number): Partial<SweepRun> {
    const { hopeless, failure } = this.#watched[index]!;
    if (exitCode === exitCodes.done) return { status: 'done' };
    if (exitCode !== exitCodes.stopped)
      return { status: 'failed', ...(failure === undefined ? {} : { message: failure }) };
    return hopeless ? { status: 'hopeless', message: hopelessWords(hopeless) } : { status: 'stopped' };
  }

  #change(index: number, changes: Partial<SweepRun>): void {
    this.#keeper.update(index, changes);
    this.#options.onChange(index, this.#keeper.sweep.runs[index]!);
  }

  #heard(index: number, event: RunEvent): void {
    const watched = this.#watched[index]!;
    if (event.event === 'failed') watched.failure = event.message;
    this.#options.onEvent(index, event);
    const judged = watched.curve.add(event) && this.#keeper.sweep.stopHopeless;
    if (this.stopped()) this.#tellToStop(index);
    else if (judged) this.#judge(index);
  }

  #judge(index: number): void {
    const watched = this.#watched[index]!;
    const others = this.#watched.filter((other) => other !== watched).map(({ curve }) => curve.points);
    const hopeless = judgeRun(watched.curve.points, others, watched.curve.steps);
    if (hopeless === undefined || watched.told) return;
    watched.hopeless = hopeless;
    this.#tellToStop(index);
  }

  /** As a person would: by the file `stop` in the run's folder. */
  #tellToStop(index: number): void {
    const { folder } = this.#keeper.sweep.runs[index]!;
    const watched = this.#watched[index]!;
    if (folder === undefined || watched.told) return;
    watched.told = true;
    writeFileSync(join(folder, runFiles.stop), '');
  }
}
