/** @file SentencePiece's precompiled normalizer as HF's tokenizers reads it (scripts/references/charsmap.py). */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCharsmap } from '../../../runtime/data/charsmap.ts';
import { Tokenizer } from '../../../runtime/data/tokenizer.ts';

interface Reference {
  readonly tokenizer: { readonly normalizer: { readonly normalizers: { precompiled_charsmap?: string }[] } };
  readonly rows: readonly { text: string; normal: string; ids: number[] }[];
}

const file = resolve(import.meta.dirname, '../../fixtures/data/charsmap.json');
const { tokenizer: json, rows } = JSON.parse(readFileSync(file, 'utf8')) as Reference;
const map = json.normalizer.normalizers[0]!.precompiled_charsmap!;
const noRoles = { specialTokens: {}, endIds: [], chatTemplate: undefined, toolTemplate: undefined };

describe.each(rows.map((row, i) => [i, row] as const))('text %i', (_, { text, normal, ids }) => {
  test('is normalized', () => {
    const { normalize } = readCharsmap(map, 'f');
    expect(normalize(text).replace(/ {2,}/g, ' ')).toBe(normal);
  });

  test('is tokenised', () => {
    expect(new Tokenizer(json, noRoles, 'f').encode(text, { addSpecial: true })).toEqual(ids);
  });
});

const base64 = (...numbers: number[]): string =>
  Buffer.from(Uint32Array.from(numbers).buffer).toString('base64');

test.each([[undefined], [''], ['AAAA'], [base64(0)], [base64(8, 1)], [base64(6, 1, 2)]])(
  '%j is damaged',
  (encoded) => {
    expect(() => readCharsmap(encoded, 'f')).toThrow('precompiled normalizer');
  },
);

test('a trie that leads out of itself finds nothing', () => {
  const { normalize } = readCharsmap(base64(4, 0xfffffc00), 'f');
  expect(normalize('abc')).toBe('abc');
});
