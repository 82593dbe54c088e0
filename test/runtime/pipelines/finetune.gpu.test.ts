/** @file The quick start's training on a GPU: verdict first, then the CPU's losses, the whole run strict. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { gpuBlocker, softwareGpu } from '../../../scripts/machine.mjs';
import { temporaryFolder } from '../../support/temporary.ts';

const blocker = gpuBlocker();
if (blocker !== undefined) {
  if (process.env['CI'] === 'true') throw new Error(`the software GPU is missing: ${blocker}`);
  console.log(`left out: the quick start's training on a software GPU (${blocker})`);
}
// the driver is chosen when the library loads
Object.assign(process.env, softwareGpu() ?? {});
const { prepareQuickstart } = await import('../../../runtime/pipelines/quickstart.ts');
const { adapterTensors, runFinetune } = await import('../../support/finetuneRun.ts');
const { relativeError } = await import('../../support/randomModel.ts');

const STEPS = 20;
const scratch = temporaryFolder();

/** The first two blocks of the base and the shortest rows: a GPU made of software is slow. */
function shrink(folder: string): void {
  const config = join(folder, 'tiny-clerk/config.json');
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace(/"num_hidden_layers": \d+/, '"num_hidden_layers": 2'),
  );
  const rows = readFileSync(join(folder, 'tickets/train.jsonl'), 'utf8').trim().split('\n');
  const short = rows.sort((a, b) => a.length - b.length).slice(0, 8);
  writeFileSync(join(folder, 'short.jsonl'), `${short.join('\n')}\n`);
}

describe.runIf(blocker === undefined)("the quick start's training", () => {
  it('follows the CPU for twenty steps on WebGPU, after a self-test that is kept', async () => {
    const folder = join(scratch, 'quickstart');
    prepareQuickstart(folder);
    shrink(folder);
    vi.stubEnv('ADAPTER_WORKBENCH_CACHE', join(scratch, 'cache'));
    const train = (device: string, steps = STEPS): ReturnType<typeof runFinetune> =>
      runFinetune(folder, {
        base: 'tiny-clerk',
        data: { train: 'short.jsonl', validation: 0, length: 256 },
        method: { kind: 'lora', rank: 16, alpha: 32, targets: 'all-linear' },
        training: { steps, batch: 1, learningRate: 3e-3, schedule: 'cosine', warmup: 0.05, seed: 0 },
        device,
        output: `runs-${device}-${steps}`,
      });
    const cpu = await train('cpu');
    expect(existsSync(join(scratch, 'cache'))).toBe(false);
    const gpu = await train('webgpu');
    expect(readdirSync(join(scratch, 'cache', 'verdicts'))).toHaveLength(1);
    expect([cpu.result.exitCode, gpu.result.exitCode]).toEqual([0, 0]);
    expect(gpu.steps).toHaveLength(STEPS);
    cpu.steps.forEach(({ loss }, i) => {
      expect(Math.abs(gpu.steps[i]!.loss / loss - 1), `step ${i + 1}`).toBeLessThan(1e-3);
    });
    const tensors = adapterTensors(gpu.result.adapter!);
    for (const [name, values] of adapterTensors(cpu.result.adapter!))
      expect(relativeError(tensors.get(name)!, values), name).toBeLessThan(2e-2);
  });
});
