/** @file Rows of two texts: what is cut, what is learned. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cutTexts, encodeClassified, encodeTranslated } from '../../../runtime/data/textPairs.ts';
import { Tokenizer } from '../../../runtime/data/tokenizer.ts';
import { createByteTokenizer } from '../../support/byteTokenizer.ts';

const file = resolve(import.meta.dirname, '../../fixtures/data/pairs.json');
const [{ tokenizer: json }] = JSON.parse(readFileSync(file, 'utf8')) as [{ tokenizer: unknown }];
const noRoles = { specialTokens: {}, endIds: [], chatTemplate: undefined, toolTemplate: undefined };
const bert = new Tokenizer(json, noRoles, 'tokenizer.json');
const [cls, sep] = [bert.idOf('[CLS]')!, bert.idOf('[SEP]')!];

describe('a row that is classified', () => {
  const encode = (text: string, pair: string | undefined, length: number) =>
    encodeClassified(bert, { kind: 'classified', text, pair, label: 'yes' }, ['no', 'yes'], length);

  test('has a class and no token that is learned', () => {
    expect(encode('the cat', undefined, 20)).toMatchObject({ label: 1, lints: [], mask: new Uint8Array(4) });
  });

  test('loses the end of the longer text, never what stands around', () => {
    const whole = encode('the cat the cat the cat the cat', 'the dog', 50);
    const cut = encode('the cat the cat the cat the cat', 'the dog', 9);
    expect(cut.uncut).toBe(whole.ids.length);
    expect(cut.ids).toHaveLength(9);
    expect(cut.ids.filter((id) => id === sep)).toHaveLength(2);
    expect([cut.ids[0], cut.ids.at(-1)]).toEqual([cls, sep]);
    // the short one is whole
    expect(cut.ids.slice(-3)).toEqual(whole.ids.slice(-3));
    expect([...cut.second].filter((type) => type === 1)).toHaveLength(3);
  });

  test('of two long texts keeps as much of both', () => {
    const { ids, second } = encode('the cat the cat the cat', 'the cat the cat the', 9);
    expect([...second]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1]);
    expect(ids).toHaveLength(9);
  });

  test('is never longer than its frame, however small the room', () => {
    expect(encode('the cat', 'the dog', 2).ids).toEqual([cls, sep, sep]);
    expect(encode('the cat', undefined, 3).ids).toHaveLength(3);
  });

  test('is linted as other texts are', () => {
    expect(encode('', undefined, 9).lints).toContain('empty-content');
    expect(encode('a [SEP] b', undefined, 9).lints).toContain('control-tokens');
  });

  test('of two texts needs a tokenizer that joins two', () => {
    const row = { kind: 'classified', text: 'a', pair: 'b', label: 0 } as const;
    expect(() => encodeClassified(createByteTokenizer(), row, ['x'], 9)).toThrow('joins none');
  });
});

describe('source and target', () => {
  const tokenizer = createByteTokenizer({ special: ['<end>'], eos: '<end>' });
  const encode = (row: object, length = 100) =>
    encodeTranslated(
      tokenizer,
      { kind: 'pair', system: undefined, history: [], prompt: 'abcd', completion: 'xyz', ...row },
      length,
    );

  test('end in the end token; all of the target is learned', () => {
    const { ids, second, mask, lints } = encode({});
    const end = tokenizer.eosId!;
    expect(ids).toEqual([...tokenizer.encode('abcd'), end, ...tokenizer.encode('xyz'), end]);
    expect([...second]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1]);
    expect([...mask]).toEqual([...second]);
    expect(lints).toEqual([]);
  });

  test('are cut each by itself; the source keeps its end token', () => {
    const { ids, second, uncut } = encode({}, 3);
    expect(ids).toEqual([...tokenizer.encode('ab'), tokenizer.eosId!, ...tokenizer.encode('xyz')]);
    expect([...second]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(uncut).toBe(9);
  });

  test('a system text stands in front of the prompt', () => {
    expect(encode({ system: 's' }).ids.slice(0, 6)).toEqual(tokenizer.encode('s\nabcd'));
  });

  test('earlier turns are refused', () => {
    expect(() => encode({ history: [['a', 'b']] })).toThrow('has earlier turns');
  });
});

test('tokenised texts are cut each by itself', () => {
  const second = Uint8Array.of(0, 0, 0, 1, 1);
  const row = { ids: [1, 2, 3, 4, 5], mask: second, second, lints: [], text: undefined, spans: [] };
  expect(cutTexts(row, 2)).toMatchObject({ ids: [1, 2, 4, 5], second: Uint8Array.of(0, 0, 1, 1), uncut: 5 });
  expect(cutTexts(row, 1)).toMatchObject({ ids: [1, 4], mask: Uint8Array.of(0, 1) });
});
