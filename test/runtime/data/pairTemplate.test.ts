/** @file One text and two as HF's tokenizers library joins them (scripts/references/pair_ids.py), and templates that are none. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readPairTemplate } from '../../../runtime/data/pairTemplate.ts';
import { encodeClassified } from '../../../runtime/data/textPairs.ts';
import { Tokenizer } from '../../../runtime/data/tokenizer.ts';

interface Entry {
  readonly name: string;
  readonly tokenizer: unknown;
  readonly rows: readonly { text: string; pair: string | null; ids: number[]; types: number[] }[];
}

const file = resolve(import.meta.dirname, '../../fixtures/data/pairs.json');
const entries = JSON.parse(readFileSync(file, 'utf8')) as readonly Entry[];
const noRoles = { specialTokens: {}, endIds: [], chatTemplate: undefined, toolTemplate: undefined };

test.each(entries.map((entry) => [entry.name, entry] as const))('%s', (_, { tokenizer: json, rows }) => {
  const tokenizer = new Tokenizer(json, noRoles, 'tokenizer.json');
  for (const { text, pair, ids, types } of rows) {
    const row = { kind: 'classified', text, pair: pair ?? undefined, label: 0 } as const;
    const encoded = encodeClassified(tokenizer, row, ['one'], 1000);
    expect(encoded.ids, `${text} | ${pair}`).toEqual(ids);
    expect([...encoded.second], `${text} | ${pair}`).toEqual(types);
  }
});

const ids = new Map([
  ['[CLS]', 2],
  ['[SEP]', 3],
]);
const read = (config: unknown) => readPairTemplate(config, ids, 'tokenizer.json');
const special = (id: string, type = 0): object => ({ SpecialToken: { id, type_id: type } });
const text = (id: string, type = 0): object => ({ Sequence: { id, type_id: type } });

describe('a post-processor', () => {
  test.each([null, undefined, { type: 'ByteLevel' }, { type: 'TemplateProcessing', single: [] }])(
    'without words on pairs: %j',
    (config) => {
      expect(read(config)).toBeUndefined();
    },
  );

  test('inside a sequence', () => {
    const template = { type: 'TemplateProcessing', pair: [special('[CLS]'), text('A'), text('B', 1)] };
    expect(read({ type: 'Sequence', processors: [{ type: 'ByteLevel' }, template] })).toEqual([
      { ids: [2], type: 0 },
      { text: 0, type: 0 },
      { text: 1, type: 1 },
    ]);
  });

  test.each([
    [[text('A')], 'does not hold each text once'],
    [[text('B'), text('A')], 'does not hold each text once'],
    [[text('A'), text('B', 2)], 'has the type 2'],
    [[text('A'), 'x', text('B')], 'neither text nor token'],
    [[text('A'), special('[NEW]'), text('B')], 'has the token id undefined'],
    ['x', 'is malformed'],
  ])('that is damaged: %j', (pair, said) => {
    expect(() => read({ type: 'TemplateProcessing', pair })).toThrow(said);
  });
});
