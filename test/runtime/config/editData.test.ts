/** @file Writes keys into a config's text: comments stay, a variant's own key is its own. */
import { parse } from 'jsonc-parser';
import { expect, test } from 'vitest';
import { editData } from '../../../runtime/config/editData.ts';
import type { DataChange } from '../../../runtime/contract/api/data.ts';

const config = `{
  // about the data
  "data": { "train": "a.jsonl" },
  "variants": { "short": { "data": { "length": 10 } } }
}
`;

const exclude = (...rows: number[]): DataChange => ({ key: 'exclude', rows, excluded: true });
const include = (...rows: number[]): DataChange => ({ key: 'exclude', rows, excluded: false });

function edited(variant: string | undefined, change: DataChange, text = config): string {
  let result = text;
  for (const edit of [...editData(text, variant, change)].reverse())
    result = result.slice(0, edit.offset) + edit.text + result.slice(edit.offset + edit.length);
  return result;
}

test('the list stands in the base, with the comments where they were', () => {
  const text = edited('short', exclude(3, 7, 8, 9));
  expect(text).toContain('// about the data');
  expect(parse(text)).toMatchObject({ data: { train: 'a.jsonl', exclude: [3, '7-9'] } });
});

test('rows join the list that the text has, and leave it', () => {
  const one = edited('short', exclude(3));
  const two = edited('short', exclude(5), one);
  expect(parse(two)).toMatchObject({ data: { exclude: [3, 5] } });
  expect(parse(edited('short', include(3), two))).toMatchObject({ data: { exclude: [5] } });
});

test("a variant's own list is the one that changes", () => {
  const text = '{ "data": { "exclude": [1] }, "variants": { "short": { "data": { "exclude": ["4-6"] } } } }';
  expect(parse(edited('short', include(5), text))).toEqual({
    data: { exclude: [1] },
    variants: { short: { data: { exclude: [4, 6] } } },
  });
});

test('a key that a variant has is written there', () => {
  const change: DataChange = { key: 'length', value: 20 };
  expect(parse(edited('short', change))).toMatchObject({
    data: { train: 'a.jsonl' },
    variants: { short: { data: { length: 20 } } },
  });
  expect(parse(edited(undefined, change))).toMatchObject({ data: { length: 20 } });
});

test('an empty list is no list', () => {
  expect(edited(undefined, include(1), edited(undefined, exclude(1)))).not.toContain('exclude');
});

test.each(['"3"', '[3, "4-"]', '[[3]]'])('a list that nobody can read is not written over: %s', (list) => {
  expect(() => edited(undefined, exclude(1), `{ "data": { "exclude": ${list} } }`)).toThrow(
    'no list of row numbers',
  );
});
