/** @file Tokenizers from GGUF metadata: ids of HF's tokenizers library, roles, and what is refused. */
import { describe, expect, test } from 'vitest';
import { ggufPreTokenizers, tokenizerJsonFromGguf } from '../../../runtime/data/ggufTokenizer.ts';
import type { GgufTokenizerFields } from '../../../runtime/data/ggufTokenizer.ts';
import { Tokenizer } from '../../../runtime/data/tokenizer.ts';
import { absent, entries, expectReferenceIds } from './tokenizerReferences.ts';

const gguf = entries.filter(({ kind }) => kind === 'gguf');

test.each(gguf.map((entry) => [entry.name, entry] as const))('ids of %s', (_, entry) => {
  expectReferenceIds(entry);
});

test('every way to cut a text has reference ids', () => {
  const referenced = new Set(gguf.map(({ name }) => ggufPreTokenizers[name]));
  // SmolLM2 has references of its own (loadTokenizer.test.ts).
  referenced.add(ggufPreTokenizers['smollm']);
  expect(new Set(Object.values(ggufPreTokenizers))).toEqual(
    new Set([...referenced].filter((p) => p !== undefined)),
  );
});

const spm: GgufTokenizerFields = {
  ...absent,
  model: 'llama',
  tokens: ['<unk>', '<s>', '</s>', '▁', 'a', '▁a', '<|end|>'],
  types: [2, 3, 3, 1, 1, 1, 3],
  scores: [0, 0, 0, -1, -2, -3, 0],
};
const load = (fields: Partial<GgufTokenizerFields>): Tokenizer => {
  const { json, roles } = tokenizerJsonFromGguf({ ...spm, ...fields }, 'base.gguf');
  return new Tokenizer(json, roles, 'base.gguf');
};

describe('SentencePiece vocabularies', () => {
  test('have their roles by custom, and put BOS in front', () => {
    const tokenizer = load({});
    expect([tokenizer.unkId, tokenizer.bosId, tokenizer.eosId, tokenizer.padId]).toEqual([
      0,
      1,
      2,
      undefined,
    ]);
    expect(tokenizer.encode('a', { addSpecial: true })).toEqual([1, 5]);
    expect(load({ addBos: false, addEos: true }).encode('a', { addSpecial: true })).toEqual([5, 2]);
  });

  test('own ids and ends win', () => {
    const tokenizer = load({ eosId: 6, endIds: [5], padId: 0 });
    expect([tokenizer.eosId, tokenizer.padId]).toEqual([6, 0]);
    expect([...tokenizer.endIds].sort()).toEqual([2, 5, 6]);
  });

  test('the unknown token is found in a text, like control tokens', () => {
    expect(load({}).encode('a<unk><s>')).toEqual([5, 0, 1]);
  });

  test("Phi-3's special tokens swallow what follows", () => {
    expect(load({}).encode('<|end|>\na')).not.toEqual([6, 5]);
    expect(load({ architecture: 'phi3' }).encode('<|end|>\na')).toEqual([6, 5]);
    expect(load({ architecture: 'phi3' }).encode('<s> a')).toEqual(load({}).encode('<s> a'));
  });
});

test.each([
  ['no tokens', { tokens: [] }, 'tokenizer-damaged'],
  ['no types', { types: undefined }, 'tokenizer-damaged'],
  ['too few types', { types: [1] }, 'tokenizer-damaged'],
  ['no scores', { scores: undefined }, 'tokenizer-damaged'],
  [
    'scores that say nothing',
    { scores: [0, 0, 0, -1, -1, -1, 0], tokens: ['<unk>', '<s>', '</s>', 'a', 'aa', 'aaa', 'x'] },
    'tokenizer-unsupported',
  ],
  ['a role beyond the vocabulary', { bosId: 99 }, 'tokenizer-damaged'],
  ['another model', { model: 'bert' }, 'tokenizer-unsupported'],
  ['no model', { model: undefined }, 'tokenizer-unsupported'],
  ['no merges', { model: 'gpt2', pre: 'gpt-2' }, 'tokenizer-damaged'],
  ['no pre-tokenizer', { model: 'gpt2', merges: [] }, 'tokenizer-unsupported'],
  ['an unknown pre-tokenizer', { model: 'gpt2', pre: '__proto__', merges: [] }, 'tokenizer-unsupported'],
  ['endless tokens', { tokens: Array.from({ length: 7 }, () => 'x'.repeat(1 << 23)) }, 'tokenizer-damaged'],
])('%s', (_, fields, code) => {
  expect(() => load(fields as Partial<GgufTokenizerFields>)).toThrow(
    expect.objectContaining({ name: 'UserError', code }) as Error,
  );
});
