/** @file axolotl's data sets: formats with columns that read the rows, and each key mapped or named. */
import { describe, expect, test } from 'vitest';
import { datasets, testDatasets } from '../../../../runtime/config/import/axolotlData.ts';
import type { Mapped } from '../../../../runtime/config/import/mapping.ts';
import type { DataFormat } from '../../../../runtime/contract/config.ts';
import { RowReader } from '../../../../runtime/data/rows.ts';

const read = (value: unknown): readonly Mapped[] => datasets(value, {}) as readonly Mapped[];
const settings = (entry: object): Record<string, unknown> =>
  Object.fromEntries(
    read([{ path: 'a.jsonl', ...entry }]).flatMap((one) => (one.kind === 'set' ? [[one.to, one.value]] : [])),
  );
const reasonsOf = (mapped: readonly Mapped[]): string[] =>
  mapped.flatMap((one) => (one.kind === 'none' ? [one.reason] : []));

const from = [{ from: 'human', value: 'x' }];
const role = [{ role: 'user', content: 'x' }];
const chatTemplate = { type: 'chat_template' };
const openAi = { message_property_mappings: { role: 'role', content: 'content' } };
const shareGpt = { message_property_mappings: { role: 'from', content: 'value' } };
const older = { message_field_role: 'from', message_field_content: 'value' };

describe('the format and columns read the rows that the entry means', () => {
  test.each<[string, object, string, object | undefined, object]>([
    ['chat_template', chatTemplate, 'chat', undefined, { messages: role }],
    [
      'role and content in "conversations"',
      { ...chatTemplate, field_messages: 'conversations', ...openAi },
      'chat',
      { messages: 'conversations' },
      { conversations: role },
    ],
    [
      'no mapping for "conversations"',
      { ...chatTemplate, field_messages: 'conversations' },
      'chat',
      { messages: 'conversations' },
      { conversations: role },
    ],
    [
      'from and value in "conversations"',
      { ...chatTemplate, field_messages: 'conversations', ...shareGpt },
      'sharegpt',
      undefined,
      { conversations: from },
    ],
    [
      'from and value by the older keys',
      { ...chatTemplate, field_messages: 'talk', ...older },
      'sharegpt',
      { conversations: 'talk' },
      { talk: from },
    ],
    [
      'from and value in "messages"',
      { ...chatTemplate, ...shareGpt },
      'sharegpt',
      { conversations: 'messages' },
      { messages: from },
    ],
    [
      'tools in a column',
      { ...chatTemplate, field_tools: 'functions' },
      'chat',
      { tools: 'functions' },
      { messages: role, functions: [] },
    ],
    [
      'sharegpt',
      { type: 'sharegpt', field_messages: 'talk' },
      'sharegpt',
      { conversations: 'talk' },
      { talk: from },
    ],
    ['completion', { type: 'completion' }, 'text', undefined, { text: 'x' }],
    ['a field of completion', { type: 'completion', field: 'body' }, 'text', { text: 'body' }, { body: 'x' }],
    ['alpaca', { type: 'alpaca' }, 'alpaca', undefined, { instruction: 'x', output: 'y' }],
    [
      'a prompt of its own',
      { type: { field_instruction: 'q', field_output: 'a', field_system: 's', field_input: '' } },
      'alpaca',
      { instruction: 'q', output: 'a', system: 's' },
      { q: 'x', a: 'y', s: 'z' },
    ],
  ])('%s', (_, entry, format, columns, row) => {
    const found = settings(entry);
    expect(found).toEqual({
      'data.train': 'a.jsonl',
      'data.format': format,
      ...(columns === undefined ? {} : { 'data.columns': columns }),
    });
    const reader = new RowReader({
      format: found['data.format'] as DataFormat,
      columns: found['data.columns'] as Record<string, string> | undefined,
    });
    expect(() => reader.read(row, 'line 1')).not.toThrow();
    expect(reasonsOf(read([{ path: 'a.jsonl', ...entry }]))).toEqual([]);
  });

  test('messages with other keys are named, and no format is claimed', () => {
    const entry = {
      path: 'a.jsonl',
      ...chatTemplate,
      message_property_mappings: { role: 'who', name: 'nick' },
    };
    expect(settings(entry)).toEqual({ 'data.train': 'a.jsonl' });
    expect(reasonsOf(read([entry])).join()).toMatch(/"who" and "content".*"nick"/);
  });

  test('a type that is not known is named', () => {
    expect(settings({ type: 'oasst' })).toEqual({ 'data.train': 'a.jsonl' });
    expect(reasonsOf(read([{ path: 'a.jsonl', type: 'oasst' }]))).toHaveLength(1);
    expect(reasonsOf(read([{ path: 'a.jsonl' }]))).toEqual([]);
  });
});

describe('each key that is not mapped is named', () => {
  test.each<object>([
    { roles_to_train: ['assistant'] },
    { train_on_eos: 'turn' },
    { ds_type: 'json' },
    { split: 'train' },
    { roles: { user: ['human'] } },
    { drop_system_message: true },
    { constructor: 1 },
    // keys that would be read under another type, or with another value
    { field: 'body' },
    { field_messages: ['a'] },
    { message_property_mappings: 'x' },
    { chat_template: 'chatml' },
  ])('%j', (extra) => {
    const [key] = Object.keys(extra);
    const named = reasonsOf(read([{ path: 'a.jsonl', ...chatTemplate, ...extra }]));
    expect(named).toHaveLength(1);
    expect(named[0]).toMatch(new RegExp(`^"${key}" of a data set has no counterpart.*[.]$`));
  });

  test('keys of a prompt of its own', () => {
    const type = { field_instruction: 'q', field_output: 'a', format: '{instruction}', system_prompt: '' };
    expect(reasonsOf(read([{ path: 'a.jsonl', type }]))).toEqual([expect.stringMatching(/^"type[.]format"/)]);
  });

  test('empty keys say nothing', () => {
    expect(reasonsOf(read([{ path: 'a.jsonl', ...chatTemplate, split: null, roles: null }]))).toEqual([]);
  });

  test('further data sets and further files', () => {
    const mapped = read([
      { path: 'json', data_files: ['a.jsonl', 'b.jsonl', 'c.jsonl'] },
      { path: 'd.jsonl' },
    ]);
    expect(mapped[0]).toMatchObject({ to: 'data.train', value: 'a.jsonl' });
    expect(reasonsOf(mapped)).toEqual([
      'one file is trained on: join the rows of the other 2 of "data_files" to it.',
      'one file is trained on: join the rows of the other 1 to it.',
    ]);
    expect(reasonsOf(read([{ path: 'a.jsonl', data_files: { train: 'b.jsonl' } }]))).toHaveLength(1);
  });

  test.each([['x'], [[]], [[{}]], [[{ path: 1 }]]])('no data set at all: %j', (value) => {
    expect(reasonsOf([datasets(value, {})].flat())).toHaveLength(1);
    expect(reasonsOf([testDatasets(value, {})].flat())).toHaveLength(1);
  });
});

test('rows to evaluate on: what differs from the training rows, and further ones, are named', () => {
  const training = { path: 'a.jsonl', ...chatTemplate, roles_to_train: ['assistant'] };
  const held = { ...training, path: 'json', data_files: ['b.jsonl', 'c.jsonl'], ds_type: 'json' };
  const evaluated = (value: unknown) => testDatasets(value, { datasets: [training] }) as readonly Mapped[];
  const mapped = evaluated([held, { path: 'd.jsonl' }]);
  expect(mapped[0]).toEqual({ kind: 'set', to: 'data.validation', value: 'b.jsonl' });
  expect(reasonsOf(mapped)).toEqual([
    'one file is evaluated on: join the rows of the other 1 of "data_files" to it.',
    expect.stringMatching(/^"ds_type"/),
    'one file is evaluated on: join the rows of the other 1 to it.',
  ]);
  expect(reasonsOf(evaluated([{ path: 'b.jsonl', type: 'alpaca' }]))).toEqual([
    expect.stringMatching(/^"type"/),
  ]);
});
