/** @file Each method trains on a GPU as on the CPU: its self-test passes, its start is the same, its losses agree. */
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { gpuBlocker, softwareGpu } from '../../../scripts/machine.mjs';
import { smallLlama } from '../../support/randomModel.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const blocker = gpuBlocker();
if (blocker !== undefined) {
  if (process.env['CI'] === 'true') throw new Error(`the software GPU is missing: ${blocker}`);
  console.log(`left out: methods on a software GPU (${blocker})`);
}
// the driver is chosen when the library loads
Object.assign(process.env, softwareGpu() ?? {});
const { runFinetune } = await import('../../support/finetuneRun.ts');

const STEPS = 3;
const scratch = temporaryFolder();
const base = writeRandomBase(join(scratch, 'base'), { ...smallLlama, num_hidden_layers: 1 });
const rows = tokenisedRows(join(scratch, 'rows.jsonl'), 6);

/** 4-bit bases are the CPU's alone. */
const chosen: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  DoRA: { kind: 'dora', rank: 4 },
  'LoRA-GA': { kind: 'lora', rank: 4, init: 'lora-ga', gradientRows: 4 },
  'LoRA-XS': { kind: 'lora-xs', rank: 4 },
  'LoRA-SB': { kind: 'lora-sb', rank: 4, gradientRows: 4 },
  ALLoRA: { kind: 'allora', rank: 4 },
  LoRAMoE: { kind: 'loramoe', rank: 2, experts: 4, balance: 0 },
  LoRAM: { kind: 'loram', rank: 4, firstLayers: 0, lastLayers: 0, ratio: 0.25, alignSteps: 1 },
};

describe.runIf(blocker === undefined)('methods on WebGPU', () => {
  it.each(Object.entries(chosen))('%s follows the CPU', async (name, method) => {
    vi.stubEnv('ADAPTER_WORKBENCH_CACHE', join(scratch, 'cache'));
    const train = (device: string): ReturnType<typeof runFinetune> =>
      runFinetune(join(scratch, `${name} on ${device}`), {
        base,
        data: { train: rows, validation: 0, format: 'tokenised' },
        method: { targets: 'all-linear', ...method },
        training: { steps: STEPS, batch: 2, learningRate: 3e-3, seed: 0 },
        device,
        output: 'runs',
      });
    const [cpu, gpu] = [await train('cpu'), await train('webgpu')];
    expect([cpu.result.exitCode, gpu.result.exitCode]).toEqual([0, 0]);
    expect(gpu.steps).toHaveLength(STEPS);
    cpu.steps.forEach(({ loss, gradNorm }, i) => {
      const step = gpu.steps[i]!;
      expect(Math.abs(step.loss / loss - 1), `loss of step ${i + 1}`).toBeLessThan(1e-4);
      expect(Math.abs(step.gradNorm / gradNorm - 1), `gradient of step ${i + 1}`).toBeLessThan(1e-2);
    });
  });
});
