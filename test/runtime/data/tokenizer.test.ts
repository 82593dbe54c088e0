/** @file Encoding and decoding with the embedded base's tokenizer: roles, sections, special tokens, fingerprint. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTokenizer } from '../../../runtime/data/loadTokenizer.ts';
import { Tokenizer } from '../../../runtime/data/tokenizer.ts';
import { byteTokenizerJson } from '../../support/byteTokenizer.ts';

const clerk = join(import.meta.dirname, '../../../media/base/tiny-clerk');

describe('the embedded base', () => {
  const tokenizer = loadTokenizer(clerk);

  test('reads roles, ends and template from the folder', () => {
    expect(tokenizer.eosId).toBe(2);
    expect(tokenizer.bosId).toBeUndefined();
    expect(tokenizer.padId).toBe(3);
    expect(tokenizer.vocabSize).toBe(2048);
    expect(tokenizer.specialTokens).toEqual({ eos_token: '<|im_end|>', pad_token: '<|pad|>' });
    expect(tokenizer.chatTemplate).toContain('add_generation_prompt');
    expect([...tokenizer.endIds].sort()).toEqual([0, 2]);
  });

  test('decodes what it encoded, with and without special tokens', () => {
    const ids = tokenizer.encode('<|im_start|>user\nHello Amir, 12 lamps!<|im_end|>\n');
    expect(tokenizer.decode(ids)).toBe('<|im_start|>user\nHello Amir, 12 lamps!<|im_end|>\n');
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe('user\nHello Amir, 12 lamps!\n');
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([999_999])).toBe('');
  });

  test('sections cover the text, and their ids are those of the whole', () => {
    const text = 'a<|im_start|><|im_end|> b';
    const sections = tokenizer.encodeSections(text);
    expect(sections.map(({ start, end, token }) => [start, end, token?.content])).toEqual([
      [0, 1, undefined],
      [1, 13, '<|im_start|>'],
      [13, 23, '<|im_end|>'],
      [23, 25, undefined],
    ]);
    expect(sections.flatMap(({ ids }) => ids)).toEqual(tokenizer.encode(text));
    expect(tokenizer.specialTokensIn('x <|im_end|> y <|im_end|>')).toEqual(['<|im_end|>']);
  });

  test('the fingerprint changes with the vocabulary, the roles and nothing else', () => {
    const json = JSON.parse(readFileSync(join(clerk, 'tokenizer.json'), 'utf8')) as {
      model: { merges: unknown[] };
    };
    const roles = { specialTokens: {}, endIds: [], chatTemplate: undefined, toolTemplate: undefined };
    const of = (value: unknown, more = {}): string =>
      new Tokenizer(value, { ...roles, ...more }, 'x').fingerprint;
    const base = of(json);
    expect(of(structuredClone(json))).toBe(base);
    expect(of(json, { chatTemplate: 'x' })).toBe(base);
    expect(of(json, { specialTokens: { eos_token: '<|im_end|>' } })).not.toBe(base);
    const shorter = structuredClone(json);
    shorter.model.merges.pop();
    expect(of(shorter)).not.toBe(base);
  });
});

describe('patterns that would never end', () => {
  const withSplit = (Regex: string): object => ({
    ...byteTokenizerJson(),
    pre_tokenizer: { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false },
  });
  const roles = { specialTokens: {}, endIds: [], chatTemplate: undefined, toolTemplate: undefined };

  test('are noticed on loading, or on the text that keeps them busy', { timeout: 30_000 }, () => {
    expect(() => new Tokenizer(withSplit('.*.*.*.*.*x'), roles, 'f')).toThrow(
      expect.objectContaining({ code: 'tokenizer-unsupported', place: { file: 'f' } }) as Error,
    );
    const tokenizer = new Tokenizer(withSplit('q*q*q*q*q*x'), roles, 'f');
    expect(tokenizer.encode('qqqx')).toHaveLength(4);
    expect(() => tokenizer.encode('q'.repeat(3_000))).toThrow(
      expect.objectContaining({ code: 'tokenizer-slow' }) as Error,
    );
  });
});
