/** @file Pre-tokenizers that the JavaScript library reads differently: ids of the Rust original, or refused. */
import { describe, expect, test } from 'vitest';
import { checkPattern, rewritePreTokenizer } from '../../../runtime/data/preTokenizers.ts';
import { entries, expectReferenceIds } from './tokenizerReferences.ts';

const json = entries.filter(({ kind }) => kind === 'json');

test.each(json.map((entry) => [entry.name, entry] as const))('ids with %s', (_, entry) => {
  expectReferenceIds(entry);
});

const regex = (Regex: string): object => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated' });

describe('patterns', () => {
  test.each(['(a+)+', '(?:\\p{L}*|b)+', '((a)*)*', '(\\s{2,})+', '([a-z]+,?)*$'])(
    '%s could take for ever: refused',
    (source) => {
      expect(() => checkPattern({ Regex: source }, 'f')).toThrow(
        expect.objectContaining({ code: 'tokenizer-unsupported' }) as Error,
      );
    },
  );

  test.each(['a+b+', '(?:ab)+', '(a{2})+', '[+*]+(x)+', '(\\+)+', '(?:\\(a\\+)+', '(a+)?b', '(a+){2}'])(
    '%s is fine',
    (source) => {
      expect(checkPattern({ Regex: source }, 'f')).toBe(source);
    },
  );

  test('texts are taken literally', () => {
    expect(checkPattern({ String: 'a.b' }, 'f')).toBe('a\\.b');
  });
});

test.each([
  ['an unknown type', { type: 'UnicodeScripts' }, 'tokenizer-unsupported'],
  ['an unknown behaviour', { ...regex('a'), behavior: 'Sideways' }, 'tokenizer-unsupported'],
  [
    'merging on more than a character',
    { ...regex('a+'), behavior: 'MergedWithNext' },
    'tokenizer-unsupported',
  ],
  ['flags within a pattern', regex('a(?m)b'), 'tokenizer-unsupported'],
  ['removed, with a back reference', { ...regex('(a)\\1'), behavior: 'Removed' }, 'tokenizer-unsupported'],
  [
    'a first piece behind another pre-tokenizer',
    { type: 'Sequence', pretokenizers: [regex('a'), { type: 'Metaspace', prepend_scheme: 'first' }] },
    'tokenizer-unsupported',
  ],
  ['no pattern', { type: 'Split', behavior: 'Isolated' }, 'tokenizer-damaged'],
  ['a pattern without end', regex('a'.repeat(30_000)), 'tokenizer-damaged'],
  ['a sequence of nothing', { type: 'Sequence' }, 'tokenizer-damaged'],
  ['a text', 'ByteLevel', 'tokenizer-damaged'],
])('%s', (_, config, code) => {
  expect(() => rewritePreTokenizer(config, 'f')).toThrow(
    expect.objectContaining({ name: 'UserError', code }) as Error,
  );
});

test('sequences within sequences end somewhere', () => {
  let config: object = regex('a');
  for (let i = 0; i < 20; i++) config = { type: 'Sequence', pretokenizers: [config] };
  expect(() => rewritePreTokenizer(config, 'f')).toThrow(
    expect.objectContaining({ code: 'tokenizer-damaged' }) as Error,
  );
  expect(rewritePreTokenizer(null, 'f')).toBeNull();
});
