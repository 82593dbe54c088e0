/** @file Bert and T5 of other shapes than the reference families, against transformers and PEFT (scripts/references/documents.py). */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { SafetensorsFile } from '../../../runtime/formats/safetensors.ts';
import { mergeAdapter } from '../../../runtime/pipelines/merge.ts';
import { probe } from '../../../runtime/pipelines/probe.ts';
import { relativeError } from '../../support/randomModel.ts';
import { runReference, whileTrained } from '../../support/referenceRun.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const cases = resolve(import.meta.dirname, '../../fixtures/documents');
const names = readdirSync(cases);

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
    for (const key of gradients) close(adapted.get(key), `grad.${whileTrained(key.slice('grad.'.length))}`);
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
  const { differences, errors, wanted } = await runReference(join(cases, name), join(scratch, name));
  expect(Math.max(...differences)).toBeLessThan(2e-4);
  for (const [tensor, error] of errors) expect(error, tensor).toBeLessThan(2e-3);
  expect(errors.size).toBe(wanted);
});
