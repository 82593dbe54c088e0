/** @file Small vocabularies with the ids that HF's tokenizers library gives (scripts/references/tokenizer_ids.py). */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { tokenizerJsonFromGguf } from '../../../runtime/data/ggufTokenizer.ts';
import type { GgufTokenizerFields } from '../../../runtime/data/ggufTokenizer.ts';
import { Tokenizer } from '../../../runtime/data/tokenizer.ts';

export interface Entry {
  readonly kind: 'gguf' | 'json';
  readonly name: string;
  readonly fields: Partial<GgufTokenizerFields>;
  readonly json: unknown;
  readonly special?: boolean;
  readonly ids: readonly number[][];
  readonly decoded?: readonly string[];
}

export const { texts, entries } = JSON.parse(
  readFileSync(new URL('../../fixtures/data/tokenizers.json', import.meta.url), 'utf8'),
) as { texts: string[]; entries: Entry[] };

export const absent: GgufTokenizerFields = {
  architecture: undefined,
  model: undefined,
  pre: undefined,
  tokens: [],
  types: undefined,
  merges: undefined,
  scores: undefined,
  bosId: undefined,
  eosId: undefined,
  padId: undefined,
  unkId: undefined,
  endIds: [],
  addBos: undefined,
  addEos: undefined,
  addSpacePrefix: undefined,
  chatTemplate: undefined,
  toolTemplate: undefined,
};

export function build(entry: Entry): Tokenizer {
  if (entry.kind === 'json')
    return new Tokenizer(
      entry.json,
      { specialTokens: {}, endIds: [], chatTemplate: undefined, toolTemplate: undefined },
      'tokenizer.json',
    );
  const { json, roles } = tokenizerJsonFromGguf({ ...absent, ...entry.fields }, 'base.gguf');
  return new Tokenizer(json, roles, 'base.gguf');
}

/** Every text gives the reference's ids, and the same again from what is remembered. */
export function expectReferenceIds(entry: Entry): void {
  const tokenizer = build(entry);
  for (const [i, text] of texts.entries()) {
    const ids = tokenizer.encode(text, { addSpecial: entry.special === true });
    expect([text, ids]).toEqual([text, entry.ids[i]]);
    if (entry.decoded !== undefined) expect(tokenizer.decode(ids)).toBe(entry.decoded[i]);
    expect(tokenizer.encode(text, { addSpecial: entry.special === true })).toEqual(ids);
  }
}
