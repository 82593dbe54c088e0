/** @file Looks for a learning rate: a few dozen steps on a fresh adapter with a growing rate. Writes a curve, no adapter. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { writeError } from '../formats/byteFile.ts';
import { writeText } from '../formats/textFile.ts';
import { rateFile } from '../runs/names.ts';
import { trainLoop } from '../train/loop.ts';
import { proveDevice } from './proofs.ts';
import { hasDiverged, judgeRates, rateAt } from './findRateCurve.ts';
import type { RatePoint, RateVerdict } from './findRateCurve.ts';
import { refuseTooLarge } from './memoryLimits.ts';
import { balancing } from './methodFacts.ts';
import { SharedParts } from './sharedParts.ts';
import { onSmallerBase } from './smallerBase.ts';
import { openTrainer } from './trainer.ts';
import type { Trainer } from './trainer.ts';
import { setUpTraining } from './training.ts';
import type { TrainingSetup } from './training.ts';

export interface FindRateOptions {
  readonly config: ResolvedConfig;
  readonly configFile: string;
  readonly variant?: string;
  readonly steps: number;
  /** First and last rate. */
  readonly low: number;
  readonly high: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onPoint: (point: RatePoint, step: number) => void;
}

export interface FoundRate extends RateVerdict {
  /** SHA-256 of the resolved config as JSON: tells whether the config has changed since. */
  readonly config: string;
  /** UTC, ISO. */
  readonly created: string;
}

export interface FindRateResult {
  readonly found: FoundRate;
  readonly file: string;
}

export const configHash = (config: ResolvedConfig): string =>
  createHash('sha256').update(JSON.stringify(config)).digest('hex');

/**
 * Runs the test and leaves its result beside the runs; the same for the same config, seed and number of threads.
 * Throws a `UserError` for what training would refuse, `cancelled` where `signal` ends it, and `file-unwritable`.
 */
export async function findRate(options: FindRateOptions): Promise<FindRateResult> {
  const { config, configFile, variant } = options;
  await using parts = new SharedParts();
  const { points, diverged } = await rangeTest(options, parts);
  const found: FoundRate = {
    ...judgeRates(points, diverged),
    config: configHash(config),
    created: new Date().toISOString(),
  };
  const file = rateFile(config.output, configFile, variant);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeText(file, `${JSON.stringify(found)}\n`);
  } catch (error) {
    throw writeError(error, file);
  }
  return { found, file };
}

interface Curve {
  readonly points: RatePoint[];
  readonly diverged: boolean;
}

/** On what a run would train on, which may be made for it: a smaller base is gone again afterwards. */
async function rangeTest(options: FindRateOptions, parts: SharedParts): Promise<Curve> {
  const { config, threads } = options;
  using given = await setUpTraining(config, { parts });
  refuseTooLarge(config, given);
  await proveDevice(config, given);
  const folder = mkdtempSync(join(tmpdir(), 'adapter-workbench-rate-'));
  try {
    const chosen = threads === undefined ? {} : { threads };
    const scene = { config, setup: given, parts, folder, ...chosen, emit: () => undefined };
    using smaller = await onSmallerBase(scene);
    const setup = smaller ?? given;
    using trainer = await openTrainer(config, setup, parts, { ...chosen, own: smaller !== undefined });
    return await growingRate(options, setup, trainer);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function growingRate(
  { config, steps, low, high, signal, onPoint }: FindRateOptions,
  setup: TrainingSetup,
  { engine, updater, parameters }: Trainer,
): Promise<Curve> {
  const points: RatePoint[] = [];
  let diverged = false;
  try {
    await trainLoop({
      engine,
      updater,
      parameters,
      sampler: setup.sampler,
      config: config.training,
      steps,
      packing: config.data.packing,
      readRow: (row) => setup.train.read(row),
      rowNumber: (row) => setup.train.source(row),
      state: { step: 0, waited: 0 },
      auxiliary: balancing(setup.adapted, setup.train).on,
      rateAt: (t) => rateAt(low, high, steps, t),
      shouldStop: () => diverged || signal?.aborted === true,
      onStep: ({ loss, learningRate, step }) => {
        points.push([learningRate, loss]);
        diverged = hasDiverged(points.map(([, value]) => value));
        onPoint(points.at(-1)!, step);
      },
      onEvaluation: () => undefined,
      onCheckpoint: () => Promise.resolve(),
      onBest: () => Promise.resolve(),
    });
  } catch (error) {
    // a loss that is no number is what the test looks for, unless the very first step has one
    if (!(error instanceof UserError && error.code === 'loss-not-finite') || points.length === 0) throw error;
    diverged = true;
  }
  if (signal?.aborted === true && !diverged)
    throw new UserError('cancelled', 'The learning-rate finder was stopped; nothing was written.');
  return { points, diverged };
}
