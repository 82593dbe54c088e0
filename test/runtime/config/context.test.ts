/** @file What stands at a place: path, variant, key or value. */
import { expect, test } from 'vitest';
import { contextAt } from '../../../runtime/config/context.ts';

const text = '{ "method": { "targets": ["q_proj"] }, "variants": { "a": { "method": { "rank": 4 } } } }';
const at = (needle: string) => contextAt(text, text.indexOf(needle) + 1);

test('a value has its path, its range and no variant', () => {
  const { path, variant, isKey, range } = at('"q_proj"')!;
  expect([path, variant, isKey]).toEqual([['method', 'targets', 0], undefined, false]);
  expect(text.slice(range.offset, range.offset + range.length)).toBe('"q_proj"');
});

test('inside a variant the path is that of the config', () => {
  expect(at('"rank"')).toMatchObject({ path: ['method', 'rank'], variant: 'a', isKey: true });
});

test('a text too large to be a config has no places', () => {
  expect(contextAt(' '.repeat(2 << 20), 5)).toBeUndefined();
});
