/** @file Judging answers: loss, exact matches and valid JSON of a tiny base, also where an answer could pass the last position. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../../runtime/data/loadTokenizer.ts';
import type { Tokenizer } from '../../../runtime/data/tokenizer.ts';
import { openBase } from '../../../runtime/model/base.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { adaptedEngine, evaluateModel, measure } from '../../../runtime/pipelines/evaluate.ts';
import type { Measure } from '../../../runtime/pipelines/evaluate.ts';
import { generateText } from '../../../runtime/pipelines/generate.ts';
import type { TokenRow } from '../../../runtime/train/batch.ts';
import { writeRows } from '../../support/finetuneRun.ts';
import { randomBase } from '../../support/randomModel.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const base = join(root, 'media/base/tiny-clerk');
const all: readonly Measure[] = ['loss', 'exact-match', 'json'];
const chat = (user: string, answer: string): unknown => ({
  messages: [
    { role: 'user', content: user },
    { role: 'assistant', content: answer },
  ],
});
const usual = { base, measures: all, length: 256, provider: 'cpu' } as const;

describe('a tiny base on three rows', () => {
  it('is right where the wanted answer is the one it writes', async () => {
    const questions = ['Hello, my lamp is broken.', 'I want two chairs.', 'Where is my order?'];
    const sampling = { temperature: 0, topP: 1, seed: 0 };
    const own: string[] = [];
    for (const prompt of questions)
      own.push(...(await generateText({ base, prompt, maxTokens: 12, sampling, provider: 'cpu' })));
    // an answer that ran into the limit isn't ended by the base itself: it is no match
    const data = writeRows(join(scratch, 'own.jsonl'), [
      chat(questions[0]!, own[0]!.trim()),
      chat(questions[1]!, '{"kind": "order"}'),
      chat(questions[2]!, 'something else'),
    ]);
    const progress: [number, number][] = [];
    const result = await evaluateModel({
      ...usual,
      data,
      onProgress: (done, of) => progress.push([done, of]),
    });
    expect(result.rows).toBe(3);
    expect(result.loss).toBeGreaterThan(0);
    expect(result.answers.map(({ wanted }) => wanted)).toEqual([
      own[0]!.trim(),
      '{"kind": "order"}',
      'something else',
    ]);
    const matches = result.answers.filter(({ wanted, given }) => wanted === given).length;
    expect(result.exact).toBe(matches / 3);
    // the base has never seen JSON
    expect(result.json).toBe(0);
    expect(progress.at(-1)).toEqual([3, 3]);
    // rows are answered by length, and stay in their own order
    result.answers.forEach(({ prompt }, i) => {
      expect(prompt).toContain(questions[i]!);
    });
    expect(result.answers[0]!.given.startsWith(own[0]!.trim().slice(0, 10))).toBe(true);
  });

  it('writes nothing where only the loss is asked for', async () => {
    const data = writeRows(join(scratch, 'loss.jsonl'), [chat('Hi', 'Hello')]);
    const result = await evaluateModel({ ...usual, data, measures: ['loss'] });
    expect([result.exact, result.json, result.answers]).toEqual([undefined, undefined, []]);
  });

  it('answers rows of a few tokens', async () => {
    const data = writeRows(join(scratch, 'short.jsonl'), [{ prompt: 'a', completion: 'b' }]);
    expect((await evaluateModel({ ...usual, data })).answers.length).toBe(1);
  });

  it('answers rows that fill the positions it knows', async () => {
    const { spec, tensors } = openBase(base);
    tensors.close();
    const long = Array.from({ length: spec.maxPositions }, (_, i) => `${i % 10}`).join(' ');
    const data = writeRows(join(scratch, 'long.jsonl'), [chat('Count.', long), chat('Hi', 'Hello')]);
    const result = await evaluateModel({ ...usual, data, length: spec.maxPositions, measures: ['json'] });
    expect(result.answers.length).toBe(2);
  });
});

describe('measures', () => {
  const device = new Device({ provider: 'cpu', threads: 1 });
  afterAll(() => device[Symbol.asyncDispose]());

  it('refuse rows without an answer', async () => {
    const opened = openBase(base);
    using engine = await adaptedEngine(opened, undefined, device, 64);
    const row = { ids: Uint32Array.from([1, 2, 3]), mask: new Uint8Array(3) };
    await expect(measure(engine, loadTokenizer(base), [row], { measures: ['json'] })).rejects.toMatchObject({
      code: 'no-answer',
    });
    opened.tensors.close();
  });

  it('let no answer run past the last position', async () => {
    const random = randomBase();
    using engine = await adaptedEngine(random, undefined, device, random.spec.maxPositions);
    const rowOf = (prompt: number, answer: number): TokenRow => ({
      ids: new Uint32Array(prompt + answer).fill(3),
      mask: new Uint8Array(prompt + answer).fill(1, prompt),
    });
    // a base that never ends by itself, a prompt near the end, and a long answer in another row
    const endless = {
      decode: (ids: ArrayLike<number>) => Array.from(ids).join(' '),
      endIds: new Set<number>(),
    };
    const rows = [rowOf(118, 10), rowOf(5, 60)];
    const { answers } = await measure(engine, endless as unknown as Tokenizer, rows, { measures: ['json'] });
    expect(answers[0]!.given.split(' ').length).toBeGreaterThanOrEqual(10);
    expect(answers[1]!.given.split(' ').length).toBeGreaterThanOrEqual(60);
  });
});
