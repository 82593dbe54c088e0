/** @file What base and adapter answer while a run goes on is what they answer when asked afterwards, and disturbs nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluateModel } from '../../../runtime/pipelines/evaluate.ts';
import { sampleRows } from '../../../runtime/pipelines/sampleAnswers.ts';
import { readAnswers } from '../../../runtime/runs/answers.ts';
import { readEvents } from '../../../runtime/runs/read.ts';
import { runFinetune, writeRows } from '../../support/finetuneRun.ts';
import { writeRandomBase } from '../../support/randomFolder.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const clerk = join(root, 'media/base/tiny-clerk');
const train = join(root, 'media/data/tickets/train.jsonl');
const valid = writeRows(
  join(scratch, 'valid.jsonl'),
  readFileSync(join(root, 'media/data/tickets/valid.jsonl'), 'utf8')
    .split('\n')
    .slice(0, 3)
    .map((line) => JSON.parse(line) as unknown),
);

const configOf = (output: string, samples: number, training = {}) => ({
  base: clerk,
  data: { train, validation: valid, length: 256 },
  method: { kind: 'lora', rank: 4, alpha: 8 },
  training: {
    steps: 4,
    batch: 2,
    learningRate: 1e-2,
    evaluateEvery: 2,
    checkpointEvery: 1,
    samples,
    ...training,
  },
  output: join(scratch, output),
});

const adapterOf = (folder: string): string =>
  readFileSync(join(folder, 'adapter', 'adapter_model.safetensors')).toString('base64');

describe('samples of a run', () => {
  it('are the answers of base and adapter, at each evaluation, the adapter being the same as without them', async () => {
    const { result, events } = await runFinetune(scratch, configOf('with', 2, { keepBest: false }));
    const samples = readAnswers(result.folder)!;
    const judged = {
      base: clerk,
      data: valid,
      measures: ['exact-match'],
      length: 256,
      provider: 'cpu',
    } as const;
    const plain = await evaluateModel(judged);
    const adapted = await evaluateModel({ ...judged, adapter: result.adapter! });
    expect(samples.questions).toEqual(
      plain.answers.slice(0, 2).map(({ prompt, wanted }, row) => ({ row, prompt, wanted })),
    );
    expect(samples.base.map(({ text }) => text)).toEqual(plain.answers.slice(0, 2).map(({ given }) => given));
    expect(samples.given.map(({ step }) => step)).toEqual([2, 4]);
    expect(samples.given[1]!.answers.map(({ text }) => text)).toEqual(
      adapted.answers.slice(0, 2).map(({ given }) => given),
    );
    expect(samples.given[1]!.answers).not.toEqual(samples.base);
    expect(events.filter(({ event }) => event === 'evaluation').length).toBe(2);
    const without = await runFinetune(scratch, configOf('without', 0, { keepBest: false }));
    expect(readAnswers(without.result.folder)).toBeUndefined();
    expect(adapterOf(result.folder)).toBe(adapterOf(without.result.folder));
  });

  it('go on after a resume as if there had been none', async () => {
    const whole = await runFinetune(scratch, configOf('whole', 2));
    const half = await runFinetune(scratch, configOf('half', 2), { stopAfter: 3 });
    await runFinetune(scratch, configOf('half', 2), { resume: half.result.folder });
    expect(readAnswers(half.result.folder)).toEqual(readAnswers(whole.result.folder));
  });

  it('are left out, with a word, where the base has no tokenizer', async () => {
    const base = writeRandomBase(join(scratch, 'base'));
    const rows = writeRows(
      join(scratch, 'rows.jsonl'),
      [5, 6, 7].map((length) => ({ input_ids: Array.from({ length }, (_, i) => i + 1) })),
    );
    const { result } = await runFinetune(scratch, {
      base,
      data: { train: rows, format: 'tokenised', validation: 0.4 },
      training: { steps: 1, samples: 2 },
      output: join(scratch, 'tokenless'),
    });
    expect(readAnswers(result.folder)).toBeUndefined();
    const notes = readEvents(result.folder).filter(({ event }) => event === 'note');
    expect(JSON.stringify(notes)).toContain('No samples: the base has no tokenizer');
  });
});

describe('the rows that are asked', () => {
  const row = (mask: readonly number[]) => ({
    ids: Uint32Array.from(mask, (_, i) => i + 10),
    mask: Uint8Array.from(mask),
  });
  const dataset = (masks: readonly (readonly number[])[]) =>
    ({
      rows: masks.length,
      read: (i: number) => row(masks[i]!),
      source: (i: number) => 100 + i,
    }) as unknown as Parameters<typeof sampleRows>[0];
  const asked = (masks: readonly (readonly number[])[], count: number) =>
    sampleRows(dataset(masks), count).map(({ row: number, tokens: { mask } }) => [number, [...mask]]);

  it('keep what they ask for, or are halved where all of them is trained', () => {
    expect(asked([[0, 0, 1, 1]], 5)).toEqual([[100, [0, 0, 1, 1]]]);
    expect(asked([[0, 1, 1, 1, 1, 1]], 5)).toEqual([[100, [0, 0, 0, 1, 1, 1]]]);
    expect(asked([[1, 1, 1, 1, 0]], 5)).toEqual([[100, [0, 0, 1, 1, 0]]]);
  });

  it('leave out those that ask for nothing, and are the first of the rest', () => {
    expect(asked([[0, 0, 0], [1], [0, 0, 1], [0, 1, 1], [0, 0, 1]], 2)).toEqual([
      [102, [0, 0, 1]],
      [103, [0, 1, 1]],
    ]);
  });
});
