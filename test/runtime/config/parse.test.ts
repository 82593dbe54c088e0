/** @file Text of a config as JSON with comments: places, every syntax mistake, limits. */
import { describe, expect, test } from 'vitest';
import { plainValue } from '../../../runtime/config/located.ts';
import { parseText } from '../../../runtime/config/parse.ts';

test('comments and trailing commas are read', () => {
  const { root, diagnostics } = parseText('{ // one\n "a": [1, /* two */ 2,], }');
  expect(diagnostics).toEqual([]);
  expect({ ...(plainValue(root!) as object) }).toEqual({ a: [1, 2] });
});

describe('mistakes', () => {
  const cases: [string, string, number][] = [
    ['{ a: 1 }', 'This is neither a value nor a key: strings need double quotes.', 3],
    ['{ "a" 1 }', 'A colon is expected between key and value.', 7],
    ['{ "a": 1 "b": 2 }', 'A comma is missing before this.', 10],
    ['{ "a": }', 'A value is expected here.', 8],
    ['{ "a": "x\n" }', 'The string is not closed on its line.', 8],
    ['{ "a": "\\q" }', 'JSON knows no such escape; a backslash itself is written \\\\.', 8],
    ['{ "a": 1 } 2', 'The object has ended before this.', 12],
    ['{ "a": 1, "a": 2 }', '"a" stands here twice; the first is on line 1.', 11],
  ];
  test.each(cases)('%s', (text, message, column) => {
    const [first] = parseText(text).diagnostics;
    expect([first?.message, first?.range?.column]).toEqual([message, column]);
  });

  test('what can be read of broken text is checked further', () => {
    const { root, diagnostics } = parseText('{ "a": 1, "b": { "c": 2 ');
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(JSON.stringify(plainValue(root!))).toBe('{"a":1,"b":{"c":2}}');
  });
});
