/** @file Every question about datasets, answered for a small folder. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { DataApi } from '../../../runtime/contract/api/data.ts';
import { dataHandlers } from '../../../runtime/serve/dataHandlers.ts';
import { collectEvents } from '../../support/collectEvents.ts';
import { rows, writeDataWorkspace } from '../../support/dataWorkspace.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
writeDataWorkspace(folder);
const cache = join(folder, 'cache');
const file = join(folder, 'chat.jsonl');
const view = { config: join(folder, 'chat.adapter.json') };
const { emit, told } = collectEvents();
const { handlers, dispose } = dataHandlers(emit);
afterAll(dispose);

const ask = async <K extends keyof DataApi>(
  method: K,
  params: DataApi[K]['params'],
): Promise<DataApi[K]['result']> => await handlers[method](params, new AbortController().signal);

test('rows of text, saved or not', async () => {
  const { rows: previews, length } = await ask('data/spans', { view, rows: [rows[0]!, '', 'nope'] });
  expect(length).toBe(160);
  expect(previews.map(({ tokens, lints }) => [tokens === undefined, lints.map(({ code }) => code)])).toEqual([
    [false, []],
    [true, []],
    [true, ['row-not-json']],
  ]);
  const { rows: shapes } = await ask('data/spans', { view: null, rows: [rows[0]!] });
  expect(shapes).toEqual([{ ranges: [], lints: [] }]);
});

test('tokens of a row by its line: the supervised ones, in the line as it stands in the file', async () => {
  const { tokens, file: from } = await ask('data/tokens', { view, line: 3 });
  expect(from).toBe(file);
  const texts = tokens.map((range) => range && rows[2]!.slice(range.start, range.end));
  const {
    rows: [preview],
  } = await ask('data/spans', { view, rows: [rows[2]!] });
  expect(tokens).toHaveLength(preview!.supervised!);
  expect(texts.filter((text) => text !== null).join('')).toBe('First.Second.');
  await expect(ask('data/tokens', { view, line: 99 })).rejects.toMatchObject({ code: 'line-missing' });
});

test('a file row by row, with and without its tokens', async () => {
  const { first, unit, complete } = await ask('data/open', { file, cache, count: 2 });
  expect([unit, complete, first.map(({ row }) => row)]).toEqual(['line', true, [1, 2]]);
  expect(first[0]!.excerpt).toBe('Hello, I cannot reset my "password".');
  const plain = await ask('data/rows', { file, first: 1, count: 2, view: null });
  expect(plain.rows.map(({ row, line, tokens }) => [row, line, tokens])).toEqual([
    [1, 1, undefined],
    [2, 2, undefined],
  ]);
  const encoded = await ask('data/rows', { file, first: 4, count: 1, view });
  expect(encoded.rows[0]).toMatchObject({ row: 4, excerpt: 'A control token', lints: ['control-tokens'] });
  const { rendered } = await ask('data/row', { file, row: 1, view });
  expect(rendered?.turns.map(({ role }) => role)).toEqual(['system', 'user', 'assistant']);
  expect((await ask('data/row', { file, row: 5, view })).rendered).toBeNull();
  expect(await ask('data/rowAt', { file, line: 8 })).toEqual({ row: 8 });
  expect(await ask('data/rowAt', { file, line: 9 })).toEqual({ row: null });
});

test('a row is there, too, after other files have pushed its file out of memory', async () => {
  for (let i = 0; i < 20; i++) {
    const other = join(folder, `other-${i}.jsonl`);
    writeFileSync(other, '{"text": "a"}\n');
    await ask('data/open', { file: other, cache, count: 1 });
  }
  expect((await ask('data/row', { file, row: 2, view })).line).toBe(2);
});

test('survey, search and filter agree', async () => {
  const survey = await ask('data/survey', { file, view, role: 'train', cache });
  expect(survey).toMatchObject({ rows: 8, looked: 8, format: 'chat' });
  const filtered = await ask('data/filter', { file, view, role: 'train', cache, lint: 'no-assistant-turn' });
  expect(filtered).toEqual({ rows: [6], found: 1 });
  const long = await ask('data/filter', { file, view, role: 'train', cache, least: 161 });
  expect(long.rows).toEqual([7]);
  expect(await ask('data/search', { file, text: 'CONTROL', id: 7 })).toEqual({ found: 1, more: false });
  expect(told['data/found']?.flatMap((message) => (message.id === 7 ? message.rows : []))).toEqual([4]);
});

test('which files look like data, and the text of a config that leaves a row out', async () => {
  const files = ['chat.jsonl', 'table.csv', 'package.json'].map((name) => join(folder, name));
  expect(await ask('data/recognise', { files })).toEqual({ formats: ['chat', 'prompt-completion', null] });
  const { edits } = await ask('data/edit', {
    text: '{"data": {"train": "a"}}',
    change: { key: 'exclude', rows: [2], excluded: true },
  });
  expect(edits.map(({ text }) => text).join('')).toContain('"exclude"');
});

test('a row that a config leaves out is no part of its survey', async () => {
  const config = join(folder, 'less.adapter.json');
  writeFileSync(config, JSON.stringify({ base: 'base', data: { train: 'chat.jsonl', exclude: ['5-6'] } }));
  const params = { file, view: { config }, role: 'train', cache } as const;
  const survey = await ask('data/survey', params);
  expect([survey.excluded, survey.lints.map(({ code }) => code)]).toEqual([2, ['control-tokens']]);
});
