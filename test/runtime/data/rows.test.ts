/** @file Which format a row is in, what it becomes, and what is said when that can't be told. */
import { describe, expect, test } from 'vitest';
import type { DataFormat } from '../../../runtime/contract/config.ts';
import { datasetFormats } from '../../../runtime/data/formats/all.ts';
import type { Row } from '../../../runtime/data/row.ts';
import { RowReader } from '../../../runtime/data/rows.ts';
import type { RowReaderOptions } from '../../../runtime/data/rows.ts';

const read = (row: unknown, options: RowReaderOptions = {}): Row =>
  new RowReader(options).read(row, 'line 1');
const turn = (role: string, content: string): object => ({ role, content });

const examples: Record<Exclude<DataFormat, 'preference'>, readonly [row: object, expected: object]> = {
  chat: [
    { messages: [turn('user', 'a'), turn('assistant', 'b')], tools: '[{"name":"f"}]', id: 7 },
    {
      kind: 'chat',
      conversation: { messages: [turn('user', 'a'), turn('assistant', 'b')], tools: [{ name: 'f' }] },
      trainFrom: 0,
    },
  ],
  'chat-split': [
    { prompt: [turn('user', 'a')], completion: [turn('assistant', 'b')] },
    { kind: 'chat', conversation: { messages: [turn('user', 'a'), turn('assistant', 'b')] }, trainFrom: 1 },
  ],
  'prompt-completion': [
    { prompt: 'a', completion: 'b' },
    { kind: 'pair', system: undefined, history: [], prompt: 'a', completion: 'b' },
  ],
  classification: [
    { text: 'a', text_pair: 'b', label: 1 },
    { kind: 'classified', text: 'a', pair: 'b', label: 1 },
  ],
  text: [
    { text: 'a', source: 'x' },
    { kind: 'text', text: 'a' },
  ],
  alpaca: [
    { instruction: 'a', input: 'i', output: 'b', system: 's', history: [['q', 'r']], answer: 'x' },
    { kind: 'pair', system: 's', history: [['q', 'r']], prompt: 'a\ni', completion: 'b' },
  ],
  sharegpt: [
    {
      conversations: [
        { from: 'human', value: 'a' },
        { from: 'function_call', value: '{"name":"f","arguments":{"x":1}}' },
        { from: 'observation', value: 'r' },
        { from: 'gpt', value: 'b', weight: 0 },
      ],
      system: 's',
    },
    {
      kind: 'chat',
      conversation: {
        messages: [
          turn('system', 's'),
          turn('user', 'a'),
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ type: 'function', function: { name: 'f', arguments: { x: 1 } } }],
          },
          turn('tool', 'r'),
          { ...turn('assistant', 'b'), weight: 0 },
        ],
      },
      trainFrom: 0,
    },
  ],
  tokenised: [
    { input_ids: [5, 6, 7, 0], labels: [-100, 6, 7, -100], attention_mask: [1, 1, 1, 0] },
    { kind: 'tokens', ids: [5, 6, 7], mask: Uint8Array.of(0, 1, 1) },
  ],
};

describe('each format', () => {
  test('has an example here', () => {
    expect([...Object.keys(examples), 'preference'].sort()).toEqual(
      datasetFormats.map(({ name }) => name).sort(),
    );
  });

  test.each(Object.entries(examples))('%s is recognised', (name, [row, expected]) => {
    const base = name === 'classification' ? ({ task: name } as const) : {};
    const reader = new RowReader(base);
    expect(reader.read(row, 'line 1')).toEqual(expected);
    expect(reader.format).toBe(name);
    expect(read(row, { ...base, format: name as DataFormat })).toEqual(expected);
  });

  test.each([
    { prompt: 'p', chosen: 'a', rejected: 'b' },
    { chosen: [turn('user', 'a')], rejected: [turn('user', 'b')] },
  ])('preferences are refused with a way out', (row) => {
    expect(() => read(row)).toThrow(
      expect.objectContaining({
        code: 'preference-data',
        hint: expect.stringContaining('"completion": "chosen"') as string,
      }) as Error,
    );
  });
});

test('alpaca without input', () => {
  expect(read({ instruction: 'a', input: '', output: 'b' })).toMatchObject({
    prompt: 'a',
    system: undefined,
  });
});

test('messages keep their other keys, without the nulls of columnar files', () => {
  const messages = [{ role: 'assistant', content: null, tool_calls: [{}], name: null, weight: 1 }];
  expect(read({ messages })).toMatchObject({
    conversation: { messages: [{ role: 'assistant', content: null, tool_calls: [{}], weight: 1 }] },
  });
});

describe('the base decides what rows are', () => {
  const labelled = { text: 'a', label: 'good' };

  test('a text with a label is a text for one that goes on with it, and a class for one that classifies', () => {
    expect(read(labelled)).toEqual({ kind: 'text', text: 'a' });
    expect(read(labelled, { task: 'classification' })).toMatchObject({ kind: 'classified', label: 'good' });
  });

  test('columns with other names are mapped', () => {
    const columns = { text: 'premise', text_pair: 'hypothesis', label: 'gold' };
    const row = { premise: 'p', hypothesis: 'h', gold: 2 };
    expect(read(row, { task: 'classification', columns })).toEqual({
      kind: 'classified',
      text: 'p',
      pair: 'h',
      label: 2,
    });
  });

  test.each([
    [{ text: 'a' }, { task: 'classification' }, 'is in the format text, and the base classifies'],
    [{ text: 'a' }, { task: 'seq2seq' }, 'is in the format text, and the base writes one text about another'],
    [
      labelled,
      { format: 'classification' },
      'is in the format classification, and the base goes on with texts',
    ],
    [
      { messages: [turn('user', 'a')] },
      { task: 'seq2seq', format: 'chat' },
      'is in the format chat, and the base writes one text about another',
    ],
  ] as [object, RowReaderOptions, string][])('%j for %j', (row, options, said) => {
    expect(() => read(row, options)).toThrow(
      expect.objectContaining({
        code: 'format-unfit',
        message: expect.stringContaining(said) as string,
      }) as Error,
    );
  });
});

describe('two readings', () => {
  test.each([
    [{ messages: [turn('user', 'a')], text: 'b' }, ['chat (messages)', 'text (text)'], 'chat'],
    [{ instruction: 'a', output: 'b', text: 'c' }, ['alpaca (instruction, output)', 'text (text)'], 'alpaca'],
    [
      { prompt: 'a', completion: 'b', label: true },
      ['preference (prompt, completion, label)', 'prompt-completion (prompt, completion)'],
      'prompt-completion',
    ],
  ])('%j', (row, readings, choice) => {
    expect(() => read(row)).toThrow(
      expect.objectContaining({
        code: 'format-ambiguous',
        message: expect.stringContaining(readings.join(' or as ')) as string,
        hint: expect.stringContaining(`"${choice}"`) as string,
      }) as Error,
    );
    expect(read(row, { format: choice as DataFormat }).kind).toBeTruthy();
  });
});

describe('columns', () => {
  const row = { question: 'a', answer: 'b', text: 'c' };
  const columns = { prompt: 'question', completion: 'answer' };

  test('complete a format, and the other columns say nothing', () => {
    expect(read(row, { columns })).toMatchObject({ kind: 'pair', prompt: 'a', completion: 'b' });
    expect(
      read(
        { prompt: 'p', chosen: 'c', rejected: 'r' },
        { columns: { prompt: 'prompt', completion: 'chosen' } },
      ),
    ).toMatchObject({
      prompt: 'p',
      completion: 'c',
    });
  });

  test('rename one field, optional ones stay', () => {
    expect(
      read({ dialog: [turn('user', 'a')], tools: [{}] }, { columns: { messages: 'dialog' } }),
    ).toMatchObject({
      kind: 'chat',
      conversation: { tools: [{}] },
    });
    expect(read({ instruction: 'a', answer: 'b' }, { columns: { output: 'answer' } })).toMatchObject({
      completion: 'b',
    });
  });

  test('of optional fields may be missing in some rows, not in all', () => {
    const reader = new RowReader({
      columns: { ...columns, tools: 'functions' },
      format: 'prompt-completion',
    });
    reader.read(row, 'line 1');
    expect(() => {
      reader.finish();
    }).toThrow(expect.objectContaining({ code: 'column-missing' }) as Error);
    reader.read({ ...row, functions: [] }, 'line 2');
    reader.finish();
  });

  test('that are not there or not ours', () => {
    expect(() => read({ answer: 'a' }, { columns })).toThrow(/"question"/);
    expect(() => read({ question: 'a' }, { columns })).toThrow(
      expect.objectContaining({
        code: 'column-missing',
        message: expect.stringContaining('"answer"') as string,
        hint: expect.stringContaining('"question"') as string,
      }) as Error,
    );
    expect(() => read(row, { columns: { question: 'question' } })).toThrow(
      expect.objectContaining({
        code: 'data-columns',
        hint: expect.stringContaining('prompt') as string,
      }) as Error,
    );
  });
});

describe('what is wrong is said', () => {
  test.each([
    ['no known columns', { question: 'a', answer: 'b' }, 'format-unknown', /"question", "answer"/],
    ['not an object', [1], 'row-malformed', /not a JSON object/],
    ['messages that are no list', { messages: 'x' }, 'row-malformed', /"messages" that is a text/],
    ['an empty conversation', { messages: [] }, 'row-malformed', /empty list/],
    ['an unknown role', { messages: [turn('model', 'x')] }, 'row-malformed', /role "model"/],
    ['no content', { messages: [{ role: 'user' }] }, 'row-malformed', /content that is missing/],
    [
      'an image',
      { messages: [{ role: 'user', content: [{ type: 'image' }] }] },
      'row-malformed',
      /isn't text/,
    ],
    [
      'mixed prompt and completion',
      { prompt: 'a', completion: [turn('user', 'x')] },
      'format-unknown',
      /values of neither/,
    ],
    ['a shifted label', { input_ids: [1, 2], labels: [2, -100] }, 'row-malformed', /label 2 for token 0/],
    ['a hole in the mask', { input_ids: [1, 2], attention_mask: [0, 1] }, 'row-malformed', /zeros before/],
    ['lengths', { input_ids: [1, 2], labels: [1] }, 'row-malformed', /2 input_ids and 1 labels/],
    ['a fraction', { input_ids: [1.5] }, 'row-malformed', /1.5 in "input_ids"/],
    ['a negative id', { input_ids: [-1] }, 'row-malformed', /negative/],
    ['no tokens', { input_ids: [] }, 'row-malformed', /no tokens/],
    ['text that is a number', { text: 3 }, 'row-malformed', /the number 3/],
    [
      'a call that is not JSON',
      { conversations: [{ from: 'function_call', value: '{' }] },
      'row-malformed',
      /not JSON/,
    ],
    ['an unknown speaker', { conversations: [{ from: 'x', value: '' }] }, 'row-malformed', /role "x"/],
  ])('%s', (_, row, code, message) => {
    expect(() => read(row)).toThrow(
      expect.objectContaining({
        name: 'UserError',
        code,
        message: expect.stringMatching(message) as string,
      }) as Error,
    );
  });

  test('a format that was asked for and is not there', () => {
    expect(() => read({ text: 'a' }, { format: 'alpaca' })).toThrow(
      expect.objectContaining({
        code: 'row-malformed',
        message: 'has no "instruction" and "output", which the format alpaca needs.',
      }) as Error,
    );
  });

  test('formats mixed in one file: both lines', () => {
    const reader = new RowReader({});
    reader.read({ text: 'a' }, 'line 1');
    reader.read({ text: 'b' }, 'line 2');
    expect(() => reader.read({ prompt: 'a', completion: 'b' }, 'line 3')).toThrow(
      expect.objectContaining({
        code: 'formats-mixed',
        message: 'is in the format prompt-completion, line 1 in the format text.',
      }) as Error,
    );
  });
});
