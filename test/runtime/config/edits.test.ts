/** @file Changes as edits: entries and items taken out with their comma, values put into their own variant, layout kept. */
import { describe, expect, test } from 'vitest';
import { difference, editor } from '../../../runtime/config/edits.ts';
import type { Change } from '../../../runtime/config/edits.ts';

/** The text after changes at the place of `needle`. */
function changed(text: string, needle: string, change: (at: { offset: number; length: number }) => Change[]) {
  const at = { offset: text.indexOf(needle), length: needle.length };
  const fix = editor(text)({ title: 'x', changes: change(at) });
  const [edit] = fix?.edits ?? [];
  return edit && text.slice(0, edit.offset) + edit.text + text.slice(edit.offset + edit.length);
}
const removed = (text: string, needle: string) => changed(text, needle, (at) => [{ kind: 'remove', at }]);

describe('taking out', () => {
  const cases: [string, string, string][] = [
    ['{ "a": 1, "b": 2 }', '"a"', '{ "b": 2 }'],
    ['{ "a": 1, "b": 2 }', '"b"', '{ "a": 1 }'],
    ['{ "a": { "b": 2 } }', '"b"', '{ "a": {  } }'],
    ['{ "a": [1, 2, 3] }', '2', '{ "a": [1, 3] }'],
    ['{ "a": [1, 2, 3] }', '1', '{ "a": [2, 3] }'],
    ['{ "a": [1, 2, 3] }', '3', '{ "a": [1, 2] }'],
    ['{ // kept\n  "a": 1, // and this\n  "b": 2,\n}', '"b"', '{ // kept\n  "a": 1,\n}'],
  ];
  test.each(cases)('%s without %s', (text, needle, expected) => {
    expect(removed(text, needle)).toBe(expected);
  });
});

test('a value is put where the config, or the variant that holds the place, has it', () => {
  const put = (text: string, needle: string) =>
    changed(text, needle, (at) => [{ kind: 'put', at, path: ['method', 'alpha'], value: 8 }]);
  expect(put('{"base": "x"}', '"x"')).toContain('"method": {');
  expect(JSON.parse(put('{"variants":{"a":{"method":{"rank":4}}}}', '"rank"')!)).toEqual({
    variants: { a: { method: { rank: 4, alpha: 8 } } },
  });
});

test('a key moves with its value', () => {
  const moved = changed('{"rank": 4, "method": {"alpha": 8}}', '"rank"', (at) => [
    { kind: 'move', at, path: ['method', 'rank'] },
  ]);
  expect(JSON.parse(moved!)).toEqual({ method: { alpha: 8, rank: 4 } });
});

test('nothing is put into what is no section', () => {
  expect(
    changed('{"method": "lora"}', '"lora"', (at) => [
      { kind: 'put', at, path: ['method', 'rank'], value: 1 },
    ]),
  ).toBeUndefined();
});

test('an edit leaves alone what is equal at both ends', () => {
  expect(difference('abcd', 'axcd')).toEqual({ offset: 1, length: 1, text: 'x' });
  expect(difference('aaa', 'aa')).toEqual({ offset: 2, length: 1, text: '' });
  expect(difference('', 'x')).toEqual({ offset: 0, length: 0, text: 'x' });
});
