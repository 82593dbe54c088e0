/** @file Bert and T5 on the WebGPU provider: the same logits and gradients as transformers, everything on the device. */
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gpuBlocker, softwareGpu } from '../../../scripts/machine.mjs';
import { SafetensorsFile } from '../../../runtime/formats/safetensors.ts';
import { relativeError } from '../../support/randomModel.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const blocker = gpuBlocker();
if (blocker !== undefined) {
  if (process.env['CI'] === 'true') throw new Error(`the software GPU is missing: ${blocker}`);
  console.log(`left out: bert and T5 on a software GPU (${blocker})`);
}
// the driver is chosen when the library loads
Object.assign(process.env, softwareGpu() ?? {});
const { probe } = await import('../../../runtime/pipelines/probe.ts');

const cases = resolve(import.meta.dirname, '../../fixtures/documents');
const output = join(temporaryFolder(), 'probe.safetensors');

function read(path: string): Map<string, Float32Array> {
  const file = SafetensorsFile.open(path);
  const tensors = new Map([...file.tensors.keys()].map((name) => [name, file.readFloat32(name)]));
  file.close();
  return tensors;
}

describe.runIf(blocker === undefined)('on WebGPU', () => {
  it.each(['bert-pair', 't5-far'])('%s', async (name) => {
    const folder = join(cases, name);
    const input = join(folder, 'expected.safetensors');
    const model = { base: join(folder, 'base'), adapter: join(folder, 'adapter') };
    const rest = { gradients: true, provider: 'webgpu', threads: 1, memory: 'balanced' } as const;
    await probe({ ...model, input, output, ...rest });
    const [found, expected] = [read(output), read(input)];
    expect(relativeError(found.get('logits')!, expected.get('adapted.logits')!)).toBeLessThan(1e-4);
    for (const [key, values] of found)
      if (key.startsWith('grad.')) {
        const live = key.replace('grad.classifier.', 'grad.classifier.modules_to_save.');
        expect(relativeError(values, expected.get(live)!), key).toBeLessThan(1e-4);
      }
  });
});
