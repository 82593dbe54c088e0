/** @file Tokens with a cache on the WebGPU provider: the CPU's answers, of a decoder and of an encoder-decoder. */
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gpuBlocker, softwareGpu } from '../../../scripts/machine.mjs';
import type { Adapted } from '../../../runtime/model/adapted.ts';
import type { Base } from '../../../runtime/model/decoder.ts';

const blocker = gpuBlocker();
if (blocker !== undefined) {
  if (process.env['CI'] === 'true') throw new Error(`the software GPU is missing: ${blocker}`);
  console.log(`left out: answers on a software GPU (${blocker})`);
}
// the driver is chosen when the library loads
Object.assign(process.env, softwareGpu() ?? {});
const { openBase } = await import('../../../runtime/model/base.ts');
const { Device } = await import('../../../runtime/ort/device.ts');
const { Engine } = await import('../../../runtime/train/engine.ts');
const { generate, greedy } = await import('../../../runtime/train/generator.ts');
const { allLinear, randomBase, randomValues } = await import('../../support/randomModel.ts');

const prompts = [[5, 9, 20, 33, 1], [7], [30, 2, 4, 6, 8, 10, 12, 14, 1]].map((ids) => Uint32Array.from(ids));

async function answers(base: Base, adapted: Adapted, provider: 'cpu' | 'webgpu'): Promise<number[][]> {
  await using device = new Device({ provider, threads: 1, strict: true });
  const options = { device, policy: 'balanced', span: 2, headRows: 16, longest: 32 } as const;
  using engine = new Engine(base, adapted, options);
  await randomValues(engine);
  return await generate(engine, prompts, { maxTokens: 12, stop: new Set(), sampling: greedy });
}

describe.runIf(blocker === undefined)('on WebGPU', () => {
  const t5 = resolve(import.meta.dirname, '../../fixtures/documents/t5-far/base');
  it.each([
    ['a decoder', () => randomBase()],
    ['an encoder-decoder', () => openBase(join(t5))],
  ])('%s', async (_, open) => {
    const base = open();
    const adapted = allLinear(base);
    const expected = await answers(base, adapted, 'cpu');
    expect(await answers(base, adapted, 'webgpu')).toEqual(expected);
    expect(new Set(expected.flat()).size).toBeGreaterThan(3);
    base.tensors.close();
  });
});
