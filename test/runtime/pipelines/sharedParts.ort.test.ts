/** @file What runs share: the second run opens nothing anew, and has the bits of a run that shares nothing. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { finetune } from '../../../runtime/pipelines/finetune.ts';
import { SharedParts } from '../../../runtime/pipelines/sharedParts.ts';
import { readRecord } from '../../../runtime/runs/read.ts';
import { resolveConfig } from '../../support/finetuneRun.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const base = writeRandomBase(join(scratch, 'base'));
const train = tokenisedRows(join(scratch, 'rows.jsonl'), 12);

async function adapterOf(rank: number, seed: number, parts?: SharedParts): Promise<string> {
  const values = {
    base,
    data: { train, format: 'tokenised', validation: 0.2 },
    method: { kind: 'lora', rank, alpha: 8 },
    training: { steps: 4, batch: 2, learningRate: 1e-2, seed },
    output: join(scratch, 'runs'),
  };
  const { folder, adapter } = await finetune({
    ...resolveConfig(scratch, values),
    ...(parts && { parts }),
    sweep: 'one sweep',
    onEvent: () => undefined,
  });
  expect(readRecord(folder)).toMatchObject({ status: 'done', seed, sweep: 'one sweep' });
  return readFileSync(join(adapter!, 'adapter_model.safetensors')).toString('base64');
}

test('runs that share parts are the runs that share nothing, bit for bit', async () => {
  const alone = [await adapterOf(4, 0), await adapterOf(4, 1), await adapterOf(2, 0)];
  await using parts = new SharedParts();
  const together = [await adapterOf(4, 0, parts), await adapterOf(4, 1, parts), await adapterOf(2, 0, parts)];
  expect(together).toEqual(alone);
  expect(new Set(alone).size).toBe(3);
  for (const kind of ['base', 'data', 'hash', 'device', 'weights'] as const)
    expect(parts.counts(kind), kind).toEqual({ asked: 3, opened: 1 });
});

test('the peak of memory is recorded for the first run of a process alone', async () => {
  await using parts = new SharedParts();
  const peaks: boolean[] = [];
  for (const seed of [5, 6]) {
    const values = {
      base,
      data: { train, format: 'tokenised', validation: 0 },
      training: { steps: 1, batch: 2, seed },
      output: join(scratch, 'runs'),
    };
    const { folder } = await finetune({
      ...resolveConfig(scratch, values),
      parts,
      onEvent: () => undefined,
    });
    peaks.push(readRecord(folder)?.peakBytes !== undefined);
  }
  expect(peaks).toEqual([true, false]);
});

test('what could not be opened is opened anew the next time', async () => {
  await using parts = new SharedParts();
  const file = join(scratch, 'later.jsonl');
  const options = {
    file,
    tokenizer: undefined,
    vocabSize: 64,
    length: 16,
    trainOn: 'assistant' as const,
    cacheFolder: join(scratch, 'cache'),
  };
  await expect(parts.data('base', options)).rejects.toThrow();
  writeFileSync(file, '{"input_ids": [1, 2, 3], "labels": [1, 2, 3]}\n');
  expect((await parts.data('base', options)).rows).toBe(1);
  expect(parts.counts('data')).toEqual({ asked: 2, opened: 2 });
});
