/** @file A real fine-tuning curve: SmolLM2-135M from its GGUF file by `train`, against PyTorch and PEFT. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SafetensorsFile, writeSafetensors } from '../../../runtime/formats/safetensors.ts';
import type { TensorToWrite } from '../../../runtime/formats/safetensors.ts';
import { adapterTensors, paddedRows, runFinetune, writeRows } from '../../support/finetuneRun.ts';
import { shared } from '../../support/shared.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const base = shared('models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');
const reference = shared('fixtures/curves/gsm8k-r4-qv.safetensors');
const there = base !== undefined && reference !== undefined;
if (!there) console.log('left out: the curve of the real model, ../shared is not here');

const [RANK, STEPS] = [4, 20];

/** The reference's fresh adapter as PEFT would have saved it: A as it began, B zero. */
function startAdapter(file: SafetensorsFile, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const tensors: TensorToWrite[] = [];
  for (const [key, { shape }] of file.tensors) {
    if (!key.startsWith('start.')) continue;
    const name = `base_model.model.${key.slice('start.'.length)}`;
    const [rank, inputs] = shape as [number, number];
    tensors.push({ name, dtype: 'F32', shape: [rank, inputs], data: file.readFloat32(key) });
    const outputs = file.tensors.get(key.replace('start.', 'trained.').replace('lora_A', 'lora_B'))!
      .shape[0]!;
    tensors.push({
      name: name.replace('lora_A', 'lora_B'),
      dtype: 'F32',
      shape: [outputs, rank],
      data: new Float32Array(outputs * rank),
    });
  }
  writeSafetensors(join(folder, 'adapter_model.safetensors'), tensors, { format: 'pt' });
  const config = {
    peft_type: 'LORA',
    r: RANK,
    lora_alpha: 8,
    target_modules: ['q_proj', 'v_proj'],
    lora_dropout: 0,
    bias: 'none',
    task_type: 'CAUSAL_LM',
  };
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config));
  return folder;
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
}

describe.runIf(there)('train on the real model', () => {
  it('follows the curve of PyTorch and PEFT over 20 steps', async () => {
    const file = SafetensorsFile.open(reference!);
    const curve = file.readFloat32('loss_gradnorm_lr');
    const { result, steps } = await runFinetune(join(scratch, 'curve'), {
      base: base!,
      data: {
        train: writeRows(join(scratch, 'curve.jsonl'), paddedRows(file)),
        format: 'tokenised',
        packing: false,
        shuffle: false,
      },
      method: { kind: 'lora', from: startAdapter(file, join(scratch, 'start')) },
      training: {
        steps: STEPS,
        batch: 2,
        learningRate: curve[2]!,
        schedule: 'constant',
        warmup: 0,
        weightDecay: 0,
        clip: 1,
      },
      output: join(scratch, 'runs'),
    });
    expect(steps).toHaveLength(STEPS);
    const differences = steps.map(({ loss }, t) => Math.abs(loss - curve[3 * t]!));
    expect(Math.max(...differences)).toBeLessThan(1e-4);
    const trained = adapterTensors(result.adapter!);
    expect(trained.size).toBe([...file.tensors.keys()].filter((key) => key.startsWith('trained.')).length);
    const distances = [...trained].map(([name, values]) => {
      const expected = file.readFloat32(`trained.${name}`);
      return norm(values.map((x, i) => x - expected[i]!)) / norm(expected);
    });
    expect(Math.max(...distances)).toBeLessThan(1e-3);
    console.log(
      `curve: losses within ${Math.max(...differences).toExponential(1)}, tensors within ${Math.max(...distances).toExponential(1)}`,
    );
    file.close();
  });
});
