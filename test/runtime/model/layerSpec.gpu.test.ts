/** @file Layers of different widths on WebGPU: the CPU's losses and gradients, with nothing left to the CPU. */
import { expect, it } from 'vitest';
import { gpuBlocker, softwareGpu } from '../../../scripts/machine.mjs';
import type { Device } from '../../../runtime/ort/device.ts';
import { prunedBase } from '../../../runtime/model/prune/prunedBase.ts';
import type * as Support from '../../support/randomModel.ts';

const blocker = gpuBlocker();
if (blocker !== undefined) {
  if (process.env['CI'] === 'true') throw new Error(`the software GPU is missing: ${blocker}`);
  console.log(`left out: pruned bases on a software GPU (${blocker})`);
}
// the driver is chosen when the library loads
Object.assign(process.env, softwareGpu() ?? {});
const { Device: RealDevice } = await import('../../../runtime/ort/device.ts');
const { Engine } = await import('../../../runtime/train/engine.ts');
const support: typeof Support = await import('../../support/randomModel.ts');

const base = prunedBase(
  support.randomBase({ ...support.smallLlama, num_attention_heads: 8, num_key_value_heads: 4 }),
  new Map([[1, { neurons: Int32Array.of(0, 5, 6, 20, 47), kvHeads: Int32Array.of(1, 3) }]]),
);
const rows = support.randomRows([9, 4, 12], base.spec.vocab);

async function step(device: Device): Promise<{ losses: Float32Array; gradients: Map<string, Float32Array> }> {
  const options = { device, policy: 'balanced', span: 1, headRows: 16, longest: 64 } as const;
  using engine = new Engine(base, support.allLinear(base), options);
  await support.randomValues(engine);
  const { tokenLoss } = await engine.accumulate(rows, { token: 1 / 16, auxiliary: 0 }, true);
  return { losses: tokenLoss, gradients: await support.gradientsOf(engine) };
}

it.runIf(blocker === undefined)('gives the losses and gradients that the CPU gives', async () => {
  await using host = new RealDevice({ provider: 'cpu', threads: 1 });
  await using gpu = new RealDevice({ provider: 'webgpu', threads: 1, strict: true });
  const [expected, found] = [await step(host), await step(gpu)];
  expect(support.relativeError(found.losses, expected.losses)).toBeLessThan(1e-5);
  for (const [name, gradient] of expected.gradients)
    expect(support.relativeError(found.gradients.get(name)!, gradient), name).toBeLessThan(1e-4);
});
