/** @file Whether a text is JSON. */
import { expect, test } from 'vitest';
import { isJson } from '../../../runtime/data/isJson.ts';

test.each(['{}', '[1, null]', '"a"', ' 1 '])('%j is', (text) => {
  expect(isJson(text)).toBe(true);
});

test.each(['', '{', "{'a': 1}", '{"a": 1,}', 'NaN', '{} {}'])('%j is not', (text) => {
  expect(isJson(text)).toBe(false);
});
