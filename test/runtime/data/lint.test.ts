/** @file Lints of data sets, each with its lines. */
import { describe, expect, test } from 'vitest';
import { percentile95 } from '../../../runtime/data/lint.ts';
import type { Tokenizer } from '../../../runtime/data/tokenizer.ts';
import { createByteTokenizer } from '../../support/byteTokenizer.ts';
import { chat, chatml, open, plain, turn } from './dataFiles.ts';
import { styles } from './publicStyleTemplates.ts';

describe('lints', () => {
  const codesOf = async (row: unknown, tokenizer: Tokenizer = chatml): Promise<string[]> => {
    const dataset = await open([row], tokenizer);
    dataset.close();
    expect(dataset.lints.every(({ lines, count }) => lines[0] === 1 && count === 1)).toBe(true);
    return dataset.lints.map(({ code }) => code);
  };
  const conversation = (...messages: object[]): object => ({ messages });

  test.each([
    ['empty-content', conversation(turn('user', ' '), turn('assistant', 'a'))],
    ['roles-not-alternating', conversation(turn('user', 'a'), turn('user', 'b'), turn('assistant', 'c'))],
    ['roles-not-alternating', conversation(turn('system', 's'), turn('assistant', 'c'))],
    ['control-tokens', conversation(turn('user', 'say <|im_end|>'), turn('assistant', 'c'))],
    ['invalid-unicode', conversation(turn('user', 'half \ud83d'), turn('assistant', 'c'))],
  ])('%s', async (code, row) => {
    expect(await codesOf(row)).toEqual([code]);
  });

  test('tool calls and their results are no broken alternation', async () => {
    const calls = createByteTokenizer({ ...styles.qwen2.tokens, chatTemplate: styles.qwen2.template });
    const call = { ...turn('assistant', ''), tool_calls: [{ function: { name: 'f', arguments: {} } }] };
    expect(
      await codesOf(conversation(turn('user', 'a'), call, turn('tool', 'r'), turn('assistant', 'b')), calls),
    ).toEqual([]);
  });

  test('arguments that are not JSON stop the run', async () => {
    const row = conversation(turn('user', 'a'), {
      ...turn('assistant', 'b'),
      tool_calls: [{ function: { name: 'f', arguments: '{oops' } }],
    });
    await expect(open([chat('a', 'b'), row])).rejects.toMatchObject({
      code: 'tool-arguments',
      place: { line: 2 },
    });
  });

  test('duplicate BOS, no end token', async () => {
    expect(await codesOf({ text: '<s>a' }, plain)).toEqual(['duplicate-bos']);
    expect(await codesOf({ text: 'ab' }, createByteTokenizer())).toEqual(['no-end-token']);
    const endless = createByteTokenizer({ ...styles.plain.tokens, chatTemplate: styles.plain.template });
    expect(await codesOf(chat('a', 'b'), endless)).toEqual(['no-end-token']);
  });

  test('of the file', async () => {
    const dataset = await open(`\uFEFF${JSON.stringify(chat('a', 'b'))}\r\n`);
    expect(dataset.lints.map(({ code }) => code)).toEqual(['byte-order-mark', 'carriage-returns']);
    dataset.close();
  });
});

test('the length that 95 of 100 rows do not exceed', () => {
  expect(percentile95(new Map())).toBe(0);
  expect(percentile95(new Map([[7, 1]]))).toBe(7);
  expect(percentile95(new Map(Array.from({ length: 100 }, (_, i) => [100 - i, 1])))).toBe(95);
});
