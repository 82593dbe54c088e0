/** @file What a config will cost before it runs: parameters, bytes, memory by part, time. */
import { availableParallelism } from 'node:os';
import { meanLengths } from '../config/dataFacts.ts';
import { stepTime } from '../config/stepTime.ts';
import type { StepTime } from '../contract/api/config.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import { smallerBaseOf } from '../methods/index.ts';
import { GraphBuilder } from '../graph/ops.ts';
import { Buffers, Device } from '../ort/device.ts';
import { hostTensor } from '../ort/session.ts';
import { listRuns } from '../runs/read.ts';
import { readSpeed } from '../runs/speed.ts';
import { adapterNumbers, trainableCount } from '../train/estimate.ts';
import type { MemoryEstimate } from '../train/estimate.ts';
import { smallerSpec } from './smallerSpec.ts';
import { setUpTraining } from './training.ts';
import type { TrainingSetup } from './training.ts';

export interface CostEstimate {
  readonly steps: number;
  readonly rows: number;
  readonly tokens: number;
  readonly supervised: number;
  readonly trainable: number;
  /** Of the adapter's file. */
  readonly adapterBytes: number;
  readonly memory: MemoryEstimate;
  /** Of a full step; absent where nothing was measured that tells. */
  readonly stepTime?: StepTime;
  /** For all steps. */
  readonly seconds?: number;
}

/**
 * Reads headers, data and the runs of its output folder, else measures one product; trains nothing. Throws what training would throw
 * before its first step.
 */
export async function estimateCost(config: ResolvedConfig): Promise<CostEstimate> {
  using setup = await setUpTraining(config);
  const { train, steps, trainable, estimate } = setup;
  const perEpoch = train.totals.tokens;
  const epochs =
    config.training.steps === undefined
      ? config.training.epochs
      : steps / Math.max(1, setup.sampler.stepsPerEpoch());
  const time = await timeOf(config, setup);
  return {
    steps,
    rows: train.rows,
    tokens: perEpoch,
    supervised: train.totals.supervised,
    trainable,
    adapterBytes: 4 * adapterNumbers(setup.base.spec, setup.adapted).stored,
    memory: estimate,
    ...(time === undefined
      ? {}
      : { stepTime: time, seconds: (time.seconds * perEpoch * epochs) / time.tokens }),
  };
}

/** From a run of this base in the config's output folder, else from the product's rate as it is now. */
async function timeOf(
  config: ResolvedConfig,
  { base, adapted, train, trainable, frozen }: TrainingSetup,
): Promise<StepTime | undefined> {
  const lengths = Array.from({ length: train.rows }, (_, row) => train.length(row));
  const smaller = smallerBaseOf(config.method);
  const spec = smaller ? smallerSpec(base, smaller) : base.spec;
  const saved = trainable - trainableCount(spec, { ...adapted, saved: new Set() });
  const { tokens, supervised } = train.totals;
  const rows = {
    rows: train.rows,
    labelled: supervised / Math.max(1, tokens),
    ...meanLengths(lengths),
  };
  const summary = { parameters: trainable - saved, frozen, saved };
  const runs = listRuns(config.output)
    .map(readSpeed)
    .filter((speed) => speed !== undefined);
  return (
    stepTime(config, spec, summary, rows, { runs }) ??
    stepTime(config, spec, summary, rows, { runs: [], gigaflops: await productRate() })
  );
}

/** GFLOP/s of a [512, 1024] x [1024, 1024] product in single precision on all cores: the best of a few. */
export async function productRate(): Promise<number> {
  const [rows, size] = [512, 1024];
  await using device = new Device({ provider: 'cpu', threads: availableParallelism() });
  using buffers = new Buffers();
  const op = new GraphBuilder();
  const a = op.input('a', 'float32', [rows, size]);
  const b = op.input('b', 'float32', [size, size]);
  const program = await device.compile(op.finish([op.matmul(a, b)]), 'rate');
  const feeds = {
    a: hostTensor(new Float32Array(rows * size).fill(0.5), [rows, size]),
    b: hostTensor(new Float32Array(size * size).fill(0.5), [size, size]),
  };
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 12; i++) {
    const started = performance.now();
    await device.run(program, feeds, {}, buffers);
    least = Math.min(least, performance.now() - started);
  }
  return (2 * rows * size * size) / least / 1e6;
}
