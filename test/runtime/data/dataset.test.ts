/** @file Data files as tokenised rows: what is learned, the cache, and errors that name file and line. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkDataset, openDataset, readingOptions } from '../../../runtime/data/dataset.ts';
import { loadTokenizer } from '../../../runtime/data/loadTokenizer.ts';
import { createByteTokenizer } from '../../support/byteTokenizer.ts';
import { runConfig } from '../../support/runConfig.ts';
import { chat, chatml, folder, learned, open, options, plain, turn, write } from './dataFiles.ts';
import { styles } from './publicStyleTemplates.ts';

const media = join(import.meta.dirname, '../../../media');
const clerk = loadTokenizer(join(media, 'base/tiny-clerk'));

describe('the tickets', () => {
  test('400 rows, each learns its ticket and the end of the turn', async () => {
    const dataset = await openDataset(options(join(media, 'data/tickets/train.jsonl'), clerk));
    expect(dataset.rows).toBe(400);
    expect(dataset.lints).toEqual([]);
    expect(dataset.totals).toMatchObject({ format: 'chat', unit: 'line', truncated: 0 });
    for (const text of learned(dataset, clerk)) expect(text).toMatch(/^\{"kind": .*\}<\|im_end\|>$/s);
    let tokens = 0;
    for (let row = 0; row < dataset.rows; row++) {
      tokens += dataset.length(row);
      expect(dataset.line(row)).toBe(row + 1);
    }
    expect(dataset.totals.tokens).toBe(tokens);
    dataset.close();
  });
});

describe('every format through the same template', () => {
  const expected = '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n';

  test.each([
    ['messages', chat('Hi', 'Hello'), {}],
    ['prompt and completion', { prompt: 'Hi', completion: 'Hello' }, {}],
    [
      'mapped columns',
      { question: 'Hi', answer: 'Hello' },
      { columns: { prompt: 'question', completion: 'answer' } },
    ],
    ['alpaca', { instruction: 'Hi', input: '', output: 'Hello' }, {}],
    [
      'ShareGPT',
      {
        conversations: [
          { from: 'human', value: 'Hi' },
          { from: 'gpt', value: 'Hello' },
        ],
      },
      {},
    ],
    ['split messages', { prompt: [turn('user', 'Hi')], completion: [turn('assistant', 'Hello')] }, {}],
  ])('%s', async (_, row, more) => {
    const dataset = await open([row], chatml, more);
    expect(chatml.decode(dataset.read(0).ids)).toBe(expected);
    expect(learned(dataset, chatml)).toEqual(['Hello<|im_end|>']);
    dataset.close();
  });

  test('system and history of Alpaca rows', async () => {
    const dataset = await open([{ instruction: 'a', output: 'b', system: 's', history: [['q', 'r']] }]);
    expect(chatml.decode(dataset.read(0).ids)).toContain(
      'system\ns<|im_end|>\n<|im_start|>user\nq<|im_end|>',
    );
    expect(learned(dataset, chatml)).toEqual(['r<|im_end|>b<|im_end|>']);
    dataset.close();
  });
});

describe('without a template', () => {
  const pair = { prompt: 'Q: ', completion: 'A' };

  test.each([
    ['base without one', plain, {}],
    [
      'template: none',
      createByteTokenizer({
        special: ['<s>', '</s>'],
        bos: '<s>',
        eos: '</s>',
        addBos: true,
        chatTemplate: 'x',
      }),
      { template: 'none' },
    ],
  ])('prompt and completion are joined and ended: %s', async (_, tokenizer, more) => {
    const dataset = await open([pair], tokenizer, more);
    expect(tokenizer.decode(dataset.read(0).ids)).toBe('<s>Q: A</s>');
    expect(learned(dataset, tokenizer)).toEqual(['A</s>']);
    dataset.close();
  });

  test('text is learned whole, and ended once', async () => {
    const dataset = await open([{ text: 'ab' }, { text: 'c</s>' }], plain);
    expect(learned(dataset, plain)).toEqual(['ab</s>', 'c</s>']);
    dataset.close();
  });

  test('conversations need one', async () => {
    await expect(open([chat('a', 'b')], plain)).rejects.toMatchObject({
      code: 'chat-template-missing',
      place: { line: 1 },
    });
    await expect(open([chat('a', 'b')], chatml, { template: 'none' })).rejects.toMatchObject({
      code: 'chat-template-missing',
      message: expect.stringContaining('"none"') as string,
    });
  });

  test('a template of the config, and one that is not there', async () => {
    const template = write(styles.zephyr.template, 'jinja');
    const dataset = await open([chat('a', 'b')], plain, { template });
    expect(learned(dataset, plain)).toEqual(['b</s>']);
    dataset.close();
    await expect(open([chat('a', 'b')], plain, { template: join(folder, 'no.jinja') })).rejects.toMatchObject(
      {
        code: 'template-missing',
      },
    );
  });
});

describe('tokenised rows', () => {
  const row = { input_ids: [5, 6, 7, 8], labels: [5, -100, 7, 8] };

  test('are taken as they are, without a tokenizer', async () => {
    const dataset = await open([row, { input_ids: [1, 2] }], undefined, { vocabSize: 9, length: 3 });
    expect(dataset.read(0)).toEqual({ ids: Uint32Array.of(5, 6, 7), mask: Uint8Array.of(0, 0, 1) });
    expect(dataset.read(1)).toEqual({ ids: Uint32Array.of(1, 2), mask: Uint8Array.of(0, 1) });
    expect(dataset.totals).toMatchObject({ tokens: 5, supervised: 2, truncated: 1, longest: 4 });
    dataset.close();
  });

  test('ids beyond the base are refused', async () => {
    await expect(open([row], undefined, { vocabSize: 8 })).rejects.toMatchObject({
      code: 'token-out-of-range',
      place: { line: 1 },
    });
  });

  test('text without a tokenizer is refused', async () => {
    await expect(openDataset(options(write([{ text: 'a' }]), undefined))).rejects.toMatchObject({
      code: 'tokenizer-missing',
    });
  });
});

describe('what is cut and what is left out', () => {
  test('is counted, with the lines', async () => {
    const rows = [
      chat('Hi', 'a'),
      chat('Hi', 'b'.repeat(100)),
      chat('q'.repeat(200), 'c'),
      { messages: [turn('user', 'alone')] },
      { messages: [turn('user', 'x'), turn('assistant', 'y', { weight: 0 })] },
    ];
    const dataset = await open(rows, chatml, { length: 60 });
    expect(Array.from({ length: dataset.rows }, (_, row) => dataset.line(row))).toEqual([1, 2]);
    expect(dataset.length(1)).toBe(60);
    expect(dataset.totals.truncated).toBe(2);
    const found = Object.fromEntries(
      dataset.lints.map(({ code, lines, severity }) => [code, [severity, lines]]),
    );
    expect(found).toEqual({
      truncated: ['warning', [2, 3]],
      'answer-cut-off': ['warning', [3]],
      'no-assistant-turn': ['warning', [4]],
      'nothing-trained': ['warning', [5]],
    });
    expect(dataset.lints.find(({ code }) => code === 'truncated')!.message).toContain('the longest');
    dataset.close();
  });

  test.each([
    [[{ messages: [turn('user', 'a')] }], 512, /assistant turn/],
    [[chat('q'.repeat(100), 'a')], 20, /data.length/],
    [[{ messages: [turn('user', 'x'), turn('assistant', 'y', { train: false })] }], 512, /masked/],
  ])('no trainable token: %#', async (rows, length, reason) => {
    await expect(open(rows, chatml, { length })).rejects.toMatchObject({
      code: 'no-trainable-token',
      message: expect.stringMatching(reason) as string,
    });
  });

  test('no rows', async () => {
    await expect(open('\n\n')).rejects.toMatchObject({ code: 'data-empty' });
    await expect(openDataset(options(join(folder, 'none.jsonl'), chatml))).rejects.toMatchObject({
      code: 'file-missing',
    });
  });
});

describe('errors name file and line', () => {
  test.each([
    ['not JSON', `${JSON.stringify(chat('a', 'b'))}\n{"a"\n`, 'row-not-json', 2],
    ['mixed formats', [chat('a', 'b'), { text: 'x' }], 'formats-mixed', 2],
    ['unknown columns', [{ question: 'a' }], 'format-unknown', 1],
    ['two readings', [{ ...chat('a', 'b'), text: 'x' }], 'format-ambiguous', 1],
    ['preferences', [{ prompt: 'a', chosen: 'b', rejected: 'c' }], 'preference-data', 1],
    [
      'a flag of another kind',
      [chat('a', 'b'), { messages: [turn('assistant', 'x', { weight: 2 })] }],
      'row-flag',
      2,
    ],
  ])('%s', async (_, rows, code, line) => {
    const file = write(rows);
    await expect(openDataset(options(file, chatml))).rejects.toMatchObject({
      name: 'UserError',
      code,
      place: { file, line },
    });
  });

  test('a template that refuses a row', async () => {
    const gemma = createByteTokenizer({ ...styles.gemma.tokens, chatTemplate: styles.gemma.template });
    const file = write([
      chat('a', 'b'),
      { messages: [turn('system', 's'), turn('user', 'a'), turn('assistant', 'b')] },
    ]);
    await expect(openDataset(options(file, gemma))).rejects.toMatchObject({
      code: 'template-refused',
      message: expect.stringContaining('System role not supported') as string,
      place: { file, line: 2 },
    });
  });

  test('rows nested without end', async () => {
    const deep = `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","x":${'['.repeat(20_000)}${']'.repeat(20_000)}}]}`;
    await expect(open(`${deep}\n`)).rejects.toMatchObject({ name: 'UserError', place: { line: 1 } });
  });
});

describe('checking a file', () => {
  test('goes on after a row that is wrong, and writes nothing', async () => {
    const file = write(
      `${JSON.stringify(chat('a', 'b'))}\n{"a"\n{"messages":3}\n${JSON.stringify(chat('', 'c'))}\n`,
    );
    const { problems, lints, rows } = await checkDataset(options(file, chatml));
    expect(problems.map(({ code, place }) => [code, place.line])).toEqual([
      ['row-not-json', 2],
      ['row-malformed', 3],
    ]);
    expect(lints.map(({ code, lines }) => [code, lines])).toEqual([['empty-content', [4]]]);
    expect(rows).toBe(2);
  });

  test('says what is wrong with the file as a whole', async () => {
    const problem = async (file: string): Promise<unknown> =>
      (await checkDataset(options(file, chatml))).problems[0]?.code;
    expect(await problem(join(folder, 'none.jsonl'))).toBe('file-missing');
    expect(await problem(write('x', 'pkl'))).toBe('data-unsupported');
    expect(await problem(write([{ messages: [turn('user', 'a')] }]))).toBe('no-trainable-token');
  });
});

describe('rows that are left out', () => {
  const three = write([chat('one', 'a'), chat('two', 'b'), chat('three', 'c')]);

  test('teach nothing, and make another cache; the others keep their lines', async () => {
    const all = await openDataset(options(three, chatml));
    const some = await openDataset({ ...options(three, chatml), exclude: [2] });
    expect([all.rows, some.rows]).toEqual([3, 2]);
    expect([some.line(0), some.line(1)]).toEqual([1, 3]);
    expect(some.hash).not.toBe(all.hash);
    const same = await openDataset({ ...options(three, chatml), exclude: ['2-2'] });
    expect(same.hash).toBe(some.hash);
    for (const dataset of [all, some, same]) dataset.close();
  });

  test('may be rows that can not be read', async () => {
    const broken = write([chat('one', 'a'), { unknown: 1 }]);
    const dataset = await openDataset({ ...options(broken, chatml), exclude: [2] });
    expect(dataset.rows).toBe(1);
    dataset.close();
  });
});

test("a config's rows are cut where the base's positions end, and cached beside its runs", () => {
  const config = runConfig('/out');
  const reading = readingOptions(config, { vocab: 300, maxPositions: 16 }, clerk);
  expect(reading).toMatchObject({ length: 16, vocabSize: 300, trainOn: 'assistant', tokenizer: clerk });
  expect(reading.cacheFolder).toBe(join('/out', '.cache'));
  expect(readingOptions(config, { vocab: 300, maxPositions: 4096 }, undefined).length).toBe(64);
});
