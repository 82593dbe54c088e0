/** @file The WebGPU provider trains: the CPU's losses, everything on the device, and traffic that no adapter makes larger. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gpuBlocker, softwareGpu } from '../../../scripts/machine.mjs';
import type { Device } from '../../../runtime/ort/device.ts';
import type { Engine } from '../../../runtime/train/engine.ts';
import type * as Support from '../../support/randomModel.ts';
import { runConfig } from '../../support/runConfig.ts';

const blocker = gpuBlocker();
if (blocker !== undefined) {
  if (process.env['CI'] === 'true') throw new Error(`the software GPU is missing: ${blocker}`);
  console.log(`left out: training on a software GPU (${blocker})`);
}
// the driver is chosen when the library loads
Object.assign(process.env, softwareGpu() ?? {});
const { Device: RealDevice } = await import('../../../runtime/ort/device.ts');
const { Engine: RealEngine } = await import('../../../runtime/train/engine.ts');
const { Updater } = await import('../../../runtime/train/update.ts');
const support: typeof Support = await import('../../support/randomModel.ts');

const STEPS = 20;
const { training } = runConfig('out', { learningRate: 1e-2, weightDecay: 0.01 });
/** The quick start's base in small: grouped queries, tied head, half a dozen documents of unequal length a step. */
const base = support.randomBase({ ...support.smallLlama, num_hidden_layers: 2, tie_word_embeddings: true });

interface Curve {
  readonly losses: readonly number[];
  readonly values: readonly Float32Array[];
  /** Bytes of one step after the first, each way. */
  readonly traffic: { readonly toDevice: number; readonly toHost: number };
  readonly sessions: number;
}

async function trainOn(
  device: Device,
  rank: number,
  steps: number,
  saved: readonly string[] = [],
): Promise<Curve> {
  const adapted = support.allLinear(base, { rank }, saved);
  using engine: Engine = new RealEngine(base, adapted, {
    device,
    policy: 'balanced',
    span: 1,
    headRows: 16,
    longest: 64,
  });
  using updater = new Updater(device, training);
  await support.randomValues(engine);
  const parameters = await engine.model.parameters();
  for (const part of parameters) await updater.prepare(part);
  const losses: number[] = [];
  let traffic = { toDevice: 0, toHost: 0 };
  for (let step = 1; step <= steps; step++) {
    const before = { ...device.traffic };
    const rows = support.randomRows([9, 4, 12], base.spec.vocab, step % 3);
    const { tokenLoss } = await engine.accumulate(rows, { token: 1 / 16, auxiliary: 0 }, true);
    losses.push(tokenLoss.reduce((sum, loss) => sum + loss, 0) / tokenLoss.length);
    await updater.step(parameters, step, training.learningRate, updater.clipFactor(engine.gradientNorm));
    traffic = {
      toDevice: device.traffic.toDevice - before.toDevice,
      toHost: device.traffic.toHost - before.toHost,
    };
  }
  const values = [];
  for (const part of parameters) values.push((await part.read('values')).slice());
  return { losses, values, traffic, sessions: device.sessionCount };
}

describe.runIf(blocker === undefined)('training on WebGPU', () => {
  const cpu = new RealDevice({ provider: 'cpu', threads: 2 });
  const gpu = new RealDevice({ provider: 'webgpu', threads: 2, strict: true });
  let expected: Curve;
  let actual: Curve;
  beforeAll(async () => {
    expected = await trainOn(cpu, 4, STEPS);
    actual = await trainOn(gpu, 4, STEPS);
  });
  afterAll(async () => {
    await cpu[Symbol.asyncDispose]();
    await gpu[Symbol.asyncDispose]();
  });

  it('follows the losses of the CPU for twenty steps, in sessions that may not fall back to it', () => {
    expect(gpu.options.strict).toBe(true);
    expect(expected.losses.at(-1)).toBeLessThan(expected.losses[0]!);
    expected.losses.forEach((loss, i) => {
      expect(Math.abs(actual.losses[i]! / loss - 1), `step ${i + 1}`).toBeLessThan(1e-3);
    });
  });

  it('ends with the values of the CPU', () => {
    expected.values.forEach((vector, i) => {
      expect(support.relativeError(actual.values[i]!, vector)).toBeLessThan(1e-2);
    });
  });

  it('sends as many bytes a step for rank 16 as for rank 4, far fewer than either adapter has', async () => {
    const larger = await trainOn(gpu, 16, 2);
    expect(larger.traffic).toEqual(actual.traffic);
    const bytes = actual.values.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(actual.traffic.toDevice + actual.traffic.toHost).toBeLessThan(bytes);
    expect(cpu.traffic).toEqual({ toDevice: 0, toHost: 0 });
  });

  it('compiles nothing for rows of other lengths', async () => {
    using engine = new RealEngine(base, support.allLinear(base, { rank: 4 }), {
      device: gpu,
      policy: 'balanced',
      span: 1,
      headRows: 16,
      longest: 64,
    });
    await engine.accumulate(support.randomRows([6, 3], base.spec.vocab), { token: 1, auxiliary: 0 }, true);
    expect(gpu.sessionCount).toBeGreaterThan(0);
    const before = gpu.sessionCount;
    await engine.accumulate(
      support.randomRows([11, 2, 5, 8], base.spec.vocab),
      { token: 1, auxiliary: 0 },
      true,
    );
    expect(gpu.sessionCount).toBe(before);
  });

  it('trains whole tensors: embedding, head and norms', async () => {
    const saved = ['model.embed_tokens.weight', 'model.norm.weight'];
    const [own, theirs] = [await trainOn(gpu, 4, 3, saved), await trainOn(cpu, 4, 3, saved)];
    theirs.losses.forEach((loss, i) => {
      expect(Math.abs(own.losses[i]! / loss - 1)).toBeLessThan(1e-3);
    });
    theirs.values.forEach((vector, i) => {
      expect(support.relativeError(own.values[i]!, vector)).toBeLessThan(1e-3);
    });
  });
});
