/** @file Ten steps by `train` on one unpacked batch, for every decoder family, against transformers and PEFT in float64. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SafetensorsFile } from '../../../runtime/formats/safetensors.ts';
import { adapterTensors, paddedRows, runFinetune, writeRows } from '../../support/finetuneRun.ts';
import { relativeError } from '../../support/randomModel.ts';
import { reference } from '../../support/shared.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const families = reference('lm');
const names =
  families === undefined ? [] : readdirSync(families).filter((name) => name !== 'bert' && name !== 't5');

/** fixtures/README.md: what float32 has to hold. */
const LOSS_TOLERANCE = 2e-4;
const TENSOR_TOLERANCE = 2e-3;

describe.runIf(names.length > 0)('train on a reference family', () => {
  it.each(names)('%s', async (name) => {
    const reference = join(families!, name);
    const expected = SafetensorsFile.open(join(reference, 'expected.safetensors'));
    const folder = join(scratch, name);
    const rows = paddedRows(expected);
    const { result, steps } = await runFinetune(folder, {
      base: join(reference, 'base'),
      data: {
        train: writeRows(join(scratch, `${name}.jsonl`), rows),
        format: 'tokenised',
        packing: false,
        shuffle: false,
      },
      method: { kind: 'lora', from: join(reference, 'adapter') },
      training: {
        steps: 10,
        batch: rows.length,
        learningRate: 1e-2,
        schedule: 'constant',
        warmup: 0,
        weightDecay: 0.01,
        decayAll: true,
        clip: 1,
      },
      output: join(folder, 'runs'),
    });
    const curve = expected.readFloat32('train.loss_and_grad_norm');
    expect(steps).toHaveLength(10);
    const differences = steps.map(({ loss }, t) => Math.abs(loss - curve[2 * t]!));
    expect(Math.max(...differences)).toBeLessThan(LOSS_TOLERANCE);
    const trained = adapterTensors(result.adapter!);
    for (const [tensor, values] of trained)
      expect(relativeError(values, expected.readFloat32(`trained.${tensor}`)), tensor).toBeLessThan(
        TENSOR_TOLERANCE,
      );
    expect(trained.size).toBe(
      [...expected.tensors.keys()].filter((key) => key.startsWith('trained.')).length - 1,
    );
    expected.close();
  });
});
