/** @file What a config will cost before it runs: parameters, bytes, memory by part, time. */
import { availableParallelism } from 'node:os';
import type { ResolvedConfig } from '../contract/config.ts';
import { GraphBuilder } from '../graph/ops.ts';
import { elementCount, linearsOf } from '../model/adapted.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import { Buffers, Device } from '../ort/device.ts';
import { hostTensor } from '../ort/session.ts';
import type { MemoryEstimate } from '../train/estimate.ts';
import { setUpTraining } from './training.ts';

export interface CostEstimate {
  readonly steps: number;
  readonly rows: number;
  readonly tokens: number;
  readonly supervised: number;
  readonly trainable: number;
  /** Of the adapter's file. */
  readonly adapterBytes: number;
  readonly memory: MemoryEstimate;
  /** For all steps; from the rate of a large product on this machine. */
  readonly seconds: number;
  readonly gflops: number;
}

/** What training reaches of the bare product's rate: measured 0.55 to 0.75, by size and policy. */
const SHARE = 0.6;

/** Reads headers and data, measures one product, trains nothing. Throws what training would throw before its first step. */
export async function estimateCost(config: ResolvedConfig): Promise<CostEstimate> {
  using setup = await setUpTraining(config);
  const { train, steps, trainable, estimate } = setup;
  const perEpoch = train.totals.tokens;
  const epochs =
    config.training.steps === undefined
      ? config.training.epochs
      : steps / Math.max(1, setup.sampler.stepsPerEpoch());
  const gflops = await productRate();
  const flops =
    perEpoch * epochs * flopsPerToken(setup.base.spec, config.memory, train.totals.supervised / perEpoch);
  return {
    steps,
    rows: train.rows,
    tokens: perEpoch,
    supervised: train.totals.supervised,
    trainable,
    adapterBytes: 4 * trainable,
    memory: estimate,
    seconds: flops / (gflops * 1e9 * SHARE),
    gflops,
  };
}

/** Forward and backward through frozen linears are 2 N each; recomputation adds 2 N; the head works on trained tokens only. */
export function flopsPerToken(spec: DecoderSpec, memory: ResolvedConfig['memory'], labelled: number): number {
  const head = spec.names.head.path;
  const blocks = linearsOf(spec).filter(({ path }) => path !== head);
  const numbers = blocks.reduce((sum, { inputs, outputs }) => sum + elementCount([inputs, outputs]), 0);
  return (memory === 'low' ? 6 : 4) * numbers + 4 * labelled * spec.vocab * spec.hidden;
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
