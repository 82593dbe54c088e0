/** @file Bert and T5 of other shapes than the reference families, against transformers and PEFT (scripts/references/documents.py). */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { SafetensorsFile } from '../../../runtime/formats/safetensors.ts';
import { mergeAdapter } from '../../../runtime/pipelines/merge.ts';
import { probe } from '../../../runtime/pipelines/probe.ts';
import { adapterTensors, paddedRows, runFinetune, writeRows } from '../../support/finetuneRun.ts';
import { relativeError } from '../../support/randomModel.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const cases = resolve(import.meta.dirname, '../../fixtures/documents');
const names = readdirSync(cases);

/** PEFT's name of a module that is trained whole while it is trained. */
const live = (tensor: string): string => tensor.replace(/^classifier\./, 'classifier.modules_to_save.');

function read(path: string): Map<string, Float32Array> {
  const file = SafetensorsFile.open(path);
  const tensors = new Map([...file.tensors.keys()].map((name) => [name, file.readFloat32(name)]));
  file.close();
  return tensors;
}

test.each(names)('probe on %s', async (name) => {
  const folder = join(cases, name);
  const input = join(folder, 'expected.safetensors');
  const expected = read(input);
  const close = (found: Float32Array | undefined, key: string): void => {
    expect(relativeError(found!, expected.get(key)!), key).toBeLessThan(2e-5);
  };
  const output = join(scratch, 'probe.safetensors');
  const run = async (options: object): Promise<Map<string, Float32Array>> => {
    const usual = { base: join(folder, 'base'), input, output, provider: 'cpu', threads: 1 } as const;
    await probe({ ...usual, gradients: false, memory: 'balanced', ...options });
    return read(output);
  };
  const plain = await run({});
  close(plain.get('logits'), 'base.logits');
  close(plain.get('loss'), 'base.loss');
  for (const memory of ['fast', 'balanced', 'low'] as const) {
    const adapted = await run({ adapter: join(folder, 'adapter'), gradients: true, memory });
    close(adapted.get('logits'), 'adapted.logits');
    close(adapted.get('loss'), 'adapted.loss');
    if (expected.has('adapted.token_loss')) close(adapted.get('token_loss'), 'adapted.token_loss');
    const gradients = [...adapted.keys()].filter((key) => key.startsWith('grad.'));
    for (const key of gradients) close(adapted.get(key), `grad.${live(key.slice('grad.'.length))}`);
    expect(gradients).toHaveLength([...expected.keys()].filter((key) => key.startsWith('grad.')).length);
  }
});

test.each(names)('merged, %s is one model', async (name) => {
  const folder = join(cases, name);
  const output = join(scratch, `${name}-merged`);
  const options = { base: join(folder, 'base'), adapter: join(folder, 'adapter'), output, threads: 1 };
  expect((await mergeAdapter(options)).difference).toBeLessThan(2e-5);
  const input = join(folder, 'expected.safetensors');
  const found = join(scratch, 'merged.safetensors');
  const rest = { gradients: false, provider: 'cpu', threads: 1, memory: 'balanced' } as const;
  await probe({ base: output, input, output: found, ...rest });
  const wanted = read(input).get('adapted.logits')!;
  expect(relativeError(read(found).get('logits')!, wanted)).toBeLessThan(2e-5);
});

test.each(names)('ten steps of train on %s', async (name) => {
  const reference = join(cases, name);
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
  const differences = steps.map(({ loss }, t) => Math.abs(loss - curve[2 * t]!));
  expect(Math.max(...differences)).toBeLessThan(2e-4);
  const trained = adapterTensors(result.adapter!);
  for (const [tensor, values] of trained)
    expect(relativeError(values, expected.readFloat32(`trained.${live(tensor)}`)), tensor).toBeLessThan(2e-3);
  const wanted = [...expected.tensors.keys()].filter((key) => key.startsWith('trained.'));
  expect(trained.size).toBe(wanted.length - 1);
  expected.close();
});
