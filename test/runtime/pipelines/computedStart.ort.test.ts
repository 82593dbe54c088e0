/** @file Start values from weights and gradients: what each method asks for, what a layer without any is told, and the changed base. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SafetensorsFile, writeSafetensors } from '../../../runtime/formats/safetensors.ts';
import { adaptedFromConfig } from '../../../runtime/config/attachments.ts';
import { changesBase, freshness } from '../../../runtime/pipelines/computedStart.ts';
import { runFinetune } from '../../support/finetuneRun.ts';
import { randomBase } from '../../support/randomModel.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { runConfig } from '../../support/runConfig.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const memory = randomBase();
const adapted = (method: Readonly<Record<string, unknown>>) =>
  adaptedFromConfig({ ...runConfig('runs').method, ...method }, { optimizer: 'adamw' }, memory.spec);

it('tells how near to the base an adapter begins, and whether it changes the base', () => {
  const near = [
    {},
    { kind: 'dora' },
    { init: 'pissa' },
    { kind: 'lora-sb', initR: 'zero' },
    { kind: 'lora-sb', initR: 'svd' },
  ];
  expect(near.map((method) => freshness(adapted(method)))).toEqual([
    'equal',
    'equal',
    'nearly',
    'equal',
    'moved',
  ]);
  expect(changesBase(adapted({ init: 'lora-ga' }))).toBe(false);
  expect(changesBase(adapted({ init: 'lora-ga', mutateBase: true }))).toBe(true);
});

/** The random base with some of its tensors changed. */
function baseWith(name: string, change: (tensor: string, data: Float32Array) => void): string {
  const folder = writeRandomBase(join(scratch, name));
  const path = join(folder, 'model.safetensors');
  const file = SafetensorsFile.open(path);
  const tensors = [...file.tensors.values()].map(({ name: tensor, shape }) => {
    const data = file.readFloat32(tensor).slice();
    change(tensor, data);
    return { name: tensor, shape, dtype: 'F32' as const, data };
  });
  file.close();
  writeSafetensors(path, tensors, { format: 'pt' });
  return folder;
}

const run = (base: string, method: object, train = tokenisedRows(join(scratch, 'rows.jsonl'), 6)) =>
  runFinetune(scratch, {
    base,
    data: { train, format: 'tokenised' },
    method: { rank: 2, ...method },
    training: { steps: 1, batch: 2, learningRate: 1e-3, checkpointEvery: 0 },
    output: join(scratch, 'runs'),
  });

describe('a layer that gives none', () => {
  it('whose weight is zero is named', async () => {
    const base = baseWith('zero weight', (tensor, data) => {
      if (tensor === 'model.layers.1.self_attn.k_proj.weight') data.fill(0);
    });
    for (const method of [{ init: 'pissa' }, { kind: 'lora-xs' }])
      await expect(run(base, method)).rejects.toMatchObject({
        code: 'start-values',
        place: { what: 'model.layers.1.self_attn.k_proj' },
      });
  });

  it('whose gradient is zero is named, and is never plain LoRA in silence', async () => {
    // nothing flows through a value projection behind which all is multiplied by zero
    const base = baseWith('zero gradient', (tensor, data) => {
      if (tensor === 'model.layers.2.self_attn.o_proj.weight') data.fill(0);
    });
    for (const method of [
      { kind: 'lora', init: 'lora-ga' },
      { kind: 'lora-sb', targets: ['v_proj'] },
    ])
      await expect(run(base, { ...method, targets: ['v_proj'] })).rejects.toMatchObject({
        code: 'start-values',
        place: { what: 'model.layers.2.self_attn.v_proj' },
        message: expect.stringContaining('zero') as string,
      });
  });

  it('of rows that teach nothing says so', async () => {
    const train = join(scratch, 'late.jsonl');
    const silent = { input_ids: [1, 2, 3], labels: [-100, -100, -100] };
    const taught = { input_ids: [4, 5, 6], labels: [4, 5, 6] };
    writeFileSync(train, [silent, taught].map((row) => `${JSON.stringify(row)}\n`).join(''));
    // rows without a target are dropped when they are read, so that the first that counts is the taught one
    const { result } = await run(
      writeRandomBase(join(scratch, 'plain')),
      { init: 'lora-ga', gradientRows: 1 },
      train,
    );
    expect(result.exitCode).toBe(0);
  });
});
