/** @file A classifier from rows of texts and labels: trained, evaluated, merged, resumed; and what it refuses. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openBase } from '../../../runtime/model/base.ts';
import { evaluateModel } from '../../../runtime/pipelines/evaluate.ts';
import { generateText } from '../../../runtime/pipelines/generate.ts';
import { mergeAdapter } from '../../../runtime/pipelines/merge.ts';
import { adapterTensors, runFinetune, writeRows } from '../../support/finetuneRun.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { writeBareBert, writeBertBase } from '../../support/textBases.ts';

const scratch = temporaryFolder();
const colours = ['red', 'green', 'blue'];
const animals = ['cat', 'dog', 'bird'];

/** Whether the second text names red; the first is there to be told from it. */
const pairs = colours.flatMap((a) =>
  colours.flatMap((b) =>
    animals.map((animal) => ({
      text: `the ${animal} is ${a}.`,
      text_pair: `a ${b} ${animal}`,
      label: b === 'red' ? 'yes' : 'no',
    })),
  ),
);
const named = { id2label: { 0: 'no', 1: 'yes' } };
const training = { batch: 9, learningRate: 1e-2, schedule: 'constant', warmup: 0, seed: 3 };

const settings = (base: string, train: string, steps: number): Record<string, unknown> => ({
  base,
  data: { train, validation: train, length: 20 },
  method: { kind: 'lora', rank: 4 },
  training: { ...training, steps, evaluateEvery: steps, checkpointEvery: 10 },
  output: join(scratch, 'runs'),
});

describe('two texts and a class that the base names', () => {
  const base = writeBertBase(join(scratch, 'named'), named);
  const data = writeRows(join(scratch, 'pairs.jsonl'), pairs);

  test('train to the right classes, evaluate, merge', async () => {
    const { result, events } = await runFinetune(scratch, settings(base, data, 60));
    expect(result.exitCode).toBe(0);
    const last = events.filter(({ event }) => event === 'evaluation').at(-1)!;
    expect(last).toMatchObject({ accuracy: 1, tokens: pairs.length });
    const adapter = result.adapter!;
    const config = JSON.parse(readFileSync(join(adapter, 'adapter_config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ task_type: 'SEQ_CLS', modules_to_save: ['classifier'] });
    expect([...adapterTensors(adapter).keys()]).toEqual(
      expect.arrayContaining(['classifier.weight', 'classifier.bias', 'bert.pooler.dense.lora_A.weight']),
    );
    expect(readFileSync(join(adapter, 'README.md'), 'utf8')).toContain('AutoModelForSequenceClassification');
    const measured = { data, length: 20, provider: 'cpu', measures: ['loss', 'exact-match'] } as const;
    const found = await evaluateModel({ ...measured, base, adapter });
    expect(found).toMatchObject({ rows: pairs.length, exact: 1 });
    expect((await evaluateModel({ ...measured, base })).loss).toBeGreaterThan(3 * found.loss!);
    const output = join(scratch, 'merged');
    const { difference } = await mergeAdapter({ base, adapter, output, threads: 1 });
    expect(difference).toBeLessThan(1e-5);
    expect((await evaluateModel({ ...measured, base: output })).loss).toBeCloseTo(found.loss!, 5);
  });

  test('go on after a stop with the bits of a run that was not stopped', async () => {
    const config = settings(base, data, 20);
    const whole = await runFinetune(scratch, config);
    const first = await runFinetune(scratch, config, { stopAfter: 7 });
    const second = await runFinetune(scratch, config, { resume: first.result.folder });
    expect(adapterTensors(second.result.adapter!)).toEqual(adapterTensors(whole.result.adapter!));
  });

  test('dropout and unpacked rows change nothing that they should not', async () => {
    const unpacked = settings(base, data, 3);
    const plain = await runFinetune(scratch, unpacked);
    const { data: reading } = unpacked as { data: object };
    const padded = await runFinetune(scratch, { ...unpacked, data: { ...reading, packing: false } });
    expect(padded.steps.map(({ loss }) => loss)).toEqual(plain.steps.map(({ loss }) => loss));
    const dropped = await runFinetune(scratch, {
      ...unpacked,
      method: { kind: 'lora', rank: 4, dropout: 0.5 },
    });
    expect(dropped.steps[2]!.loss).not.toBe(plain.steps[2]!.loss);
  });

  test('the run refuses a label that is none of them, with its line', async () => {
    const bad = writeRows(join(scratch, 'bad.jsonl'), [...pairs, { ...pairs[0], label: 'equal' }]);
    await expect(runFinetune(scratch, settings(base, bad, 2))).rejects.toMatchObject({
      code: 'label-unknown',
      place: { line: pairs.length + 1 },
    });
  });
});

describe('classes that the data name', () => {
  const three = colours.flatMap((colour) =>
    animals.map((animal) => ({ sentence: `the ${animal} is ${colour}`, gold: colour })),
  );
  const csv = join(scratch, 'three.csv');
  writeFileSync(
    csv,
    ['sentence,gold', ...three.map(({ sentence, gold }) => `${sentence},${gold}`), ''].join('\n'),
  );
  const columns = { text: 'sentence', label: 'gold' };
  const config = (base: string): Record<string, unknown> => {
    const values = settings(base, csv, 60);
    return { ...values, data: { ...(values['data'] as object), columns } };
  };

  test('give a base without a classifier a new one, which the adapter brings along', async () => {
    const base = writeBareBert(join(scratch, 'bare'));
    const { result, events } = await runFinetune(scratch, config(base));
    expect(events.filter(({ event }) => event === 'evaluation').at(-1)).toMatchObject({ accuracy: 1 });
    expect(events[0]).toMatchObject({ event: 'started', classes: ['blue', 'green', 'red'] });
    const adapter = result.adapter!;
    expect(JSON.parse(readFileSync(join(adapter, 'classes.json'), 'utf8'))).toEqual({
      id2label: { 0: 'blue', 1: 'green', 2: 'red' },
    });
    const measured = { data: csv, columns, length: 20, provider: 'cpu', measures: ['exact-match'] } as const;
    expect((await evaluateModel({ ...measured, base, adapter })).exact).toBe(1);
    const output = join(scratch, 'bare-merged');
    await mergeAdapter({ base, adapter, output, threads: 1 });
    expect(openBase(output).spec).toMatchObject({ labels: ['blue', 'green', 'red'], task: 'classification' });
    expect((await evaluateModel({ ...measured, base: output })).exact).toBe(1);
    // and is gone on with
    const method = { kind: 'lora', from: adapter };
    const more = await runFinetune(scratch, { ...config(base), method });
    expect(more.steps[0]!.loss).toBeLessThan(0.2);
  });

  test('are refused where the base has a classifier for another number of them', async () => {
    const base = writeBertBase(join(scratch, 'two'));
    await expect(runFinetune(scratch, config(base))).rejects.toMatchObject({ code: 'classes-differ' });
  });
});

describe('a base that classifies refuses', () => {
  const base = writeBertBase(join(scratch, 'refusing'), named);

  test('to write', async () => {
    const asked = { base, prompt: 'the cat', maxTokens: 4, sampling: { temperature: 0, topP: 1, seed: 0 } };
    await expect(generateText({ ...asked, provider: 'cpu' })).rejects.toMatchObject({
      code: 'no-generation',
    });
  });

  test('rows of another kind', async () => {
    const texts = writeRows(join(scratch, 'texts.jsonl'), [{ prompt: 'the cat', completion: 'is red' }]);
    await expect(runFinetune(scratch, settings(base, texts, 2))).rejects.toMatchObject({
      code: 'format-unfit',
    });
    expect(existsSync(join(scratch, 'runs', '.cache'))).toBe(true);
  });
});
