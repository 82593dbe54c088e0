/** @file Facts of data files: from the first rows, from the cache of a run, or why they can't be read. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bases } from '../../../runtime/config/bases.ts';
import { factsKey, readDataFacts, Tokenizers } from '../../../runtime/config/dataFacts.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import type { DataConfig } from '../../../runtime/contract/config.ts';
import { openDataset, readingOptions } from '../../../runtime/data/dataset.ts';
import { methodOf } from '../../../runtime/methods/index.ts';
import { root } from '../../support/sourceFiles.ts';
import { runConfig } from '../../support/runConfig.ts';
import { usualMethod } from '../../support/usualOptions.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const base = new Bases().open(join(root, 'media/base/tiny-clerk'));
if (base instanceof UserError) throw base;
const train = join(root, 'media/data/tickets/train.jsonl');
const tokenizers = new Tokenizers();
const configOf = (data: Partial<DataConfig>, output = folder) => {
  const config = runConfig(output);
  return { ...config, base: base.path, data: { ...config.data, train, length: 512, ...data } };
};
const facts = (data: Partial<DataConfig>) => readDataFacts(configOf(data), base, tokenizers);

test('a small file is read whole, with the cache of a run or without', async () => {
  const sampled = await facts({});
  expect(sampled).toMatchObject({ rows: 400, exact: true });
  expect(sampled.lengths?.[0]).toBe(sampled.longest);
  const [total, squares] = [1, 2].map((power) => sampled.lengths!.reduce((sum, n) => sum + n ** power, 0));
  expect(sampled.meanLength).toBeCloseTo(total! / 400, 10);
  expect(sampled.rowTokens).toBeCloseTo(squares! / total!, 10);
  const tokenizer = tokenizers.load(base);
  const options = { tokenizer, vocabSize: base.spec.vocab, length: 512, trainOn: 'assistant' as const };
  const cacheFolder = join(folder, '.cache');
  const data = await openDataset({ ...options, file: train, cacheFolder });
  expect(sampled.labelled).toBe(data.totals.supervised / data.totals.tokens);
  data.close();
  expect(await facts({})).toEqual(sampled);
});

test('of a large file the first rows are read, and the number of all is about right', async () => {
  const file = join(folder, 'many.jsonl');
  const row = (i: number) => `{"prompt": "number ${10000 + i}", "completion": "yes"}\n`;
  writeFileSync(file, Array.from({ length: 6000 }, (_, i) => row(i)).join(''));
  const { rows, exact, lengths } = await facts({ train: file });
  expect(exact).toBe(false);
  expect(lengths).toBeUndefined();
  expect(rows).toBeGreaterThan(1900);
});

test('rows in both files are counted', async () => {
  const own = join(folder, 'own.jsonl');
  writeFileSync(own, '{"prompt": "nobody asked", "completion": "this"}\n');
  expect((await facts({ validation: own })).overlap).toEqual({ count: 0, of: 1 });
  const valid = join(root, 'media/data/tickets/train.jsonl');
  expect((await facts({ train: own, validation: valid })).overlap).toEqual({ count: 0, of: 400 });
});

test('excluded rows are none', async () => {
  expect((await facts({ exclude: [1, '3-12'] })).rows).toBe(389);
  expect(factsKey(configOf({ exclude: [1] }))).not.toBe(factsKey(configOf({})));
});

test('a row that can not be read is a problem of its file', async () => {
  const bad = join(folder, 'bad.jsonl');
  writeFileSync(bad, '{"x": 1}\n');
  expect((await facts({ train: bad })).problem).toMatchObject({
    of: 'train',
    error: { code: 'format-unknown' },
  });
  expect((await facts({ validation: bad })).problem?.of).toBe('validation');
});

test('another file, length or template are other facts; another batch is not', () => {
  const key = factsKey(configOf({}));
  expect(factsKey(configOf({ length: 100 }))).not.toBe(key);
  expect(factsKey(configOf({ template: 'none' }))).not.toBe(key);
  expect(factsKey({ ...configOf({}), memory: 'low' })).toBe(key);
});

test('how many rows say their kind is a fact for a method that tells kinds apart, from the rows or the cache', async () => {
  const file = join(folder, 'kinds.jsonl');
  const row = (more: object): string =>
    `${JSON.stringify({ prompt: 'a number', completion: 'seven', ...more })}\n`;
  writeFileSync(file, row({ task_type: 1 }) + row({ task_type: 0 }) + row({}) + row({}));
  const balanced = { ...configOf({ train: file }), method: usualMethod(methodOf('loramoe')) };
  const read = () => readDataFacts(balanced, base, tokenizers);
  expect((await read()).typed).toBe(0.5);
  const reading = readingOptions(balanced, base.spec, tokenizers.load(base));
  (await openDataset({ ...reading, file })).close();
  expect((await read()).typed).toBe(0.5);
  const other = { ...balanced, method: usualMethod(methodOf('lora')) };
  expect((await readDataFacts(other, base, tokenizers)).typed).toBeUndefined();
  expect(factsKey(other)).not.toBe(factsKey(balanced));
});
