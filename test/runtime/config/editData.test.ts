/** @file Writes keys into a config's text: comments stay, a variant's own key is its own. */
import { parse } from 'jsonc-parser';
import { expect, test } from 'vitest';
import { editData } from '../../../runtime/config/editData.ts';

const config = `{
  // about the data
  "data": { "train": "a.jsonl" },
  "variants": { "short": { "data": { "length": 10 } } }
}
`;

function edited(
  variant: string | undefined,
  key: string,
  value: number | readonly (number | string)[],
  text = config,
): string {
  let result = text;
  for (const edit of [...editData(text, variant, key, value)].reverse())
    result = result.slice(0, edit.offset) + edit.text + result.slice(edit.offset + edit.length);
  return result;
}

test('the list stands in the base, with the comments where they were', () => {
  const text = edited('short', 'exclude', [3, '7-9']);
  expect(text).toContain('// about the data');
  expect(parse(text)).toMatchObject({ data: { train: 'a.jsonl', exclude: [3, '7-9'] } });
});

test('a key that a variant has is written there', () => {
  expect(parse(edited('short', 'length', 20))).toMatchObject({
    data: { train: 'a.jsonl' },
    variants: { short: { data: { length: 20 } } },
  });
  expect(parse(edited(undefined, 'length', 20))).toMatchObject({ data: { length: 20 } });
});

test('an empty list is no list', () => {
  expect(edited(undefined, 'exclude', [], edited(undefined, 'exclude', [1]))).not.toContain('exclude');
});
