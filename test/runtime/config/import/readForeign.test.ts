/** @file YAML and JSON of others: plain values, and files that were made to hurt. */
import { describe, expect, test } from 'vitest';
import { readForeign } from '../../../../runtime/config/import/readForeign.ts';
import { UserError } from '../../../../runtime/contract/errors.ts';

test('reads YAML with comments, anchors and merges, and JSON', () => {
  expect(readForeign('a.yml', 'base: &b { x: 1 }\nmore: # c\n  <<: *b\n  y: 2e-4\n')).toEqual({
    base: { x: 1 },
    more: { x: 1, y: 2e-4 },
  });
  expect(readForeign('a.json', '{ "a": [1, "2"] }')).toEqual({ a: [1, '2'] });
});

test('reads JSON with a byte order mark, comments and a comma too many', () => {
  expect(readForeign('a.json', '\uFEFF{ "a": 1, // one\n "b": [2, 3,], }\n')).toEqual({ a: 1, b: [2, 3] });
});

test.each([
  ['that breaks off', '{\n  "a": 1,\n  "b": [2,\n', 4],
  ['with a text that is not closed', '{\n  "a": "x,\n  "b": 1\n}', 2],
  ['without a comma', '{\n  "a": 1\n  "b": 2\n}', 3],
  ['without a value', '{\n  "a": ,\n  "b": 2\n}', 2],
  ['with words of Python', '{\n  "a": 1,\n  "b": True\n}', 3],
  ['with more behind it', '{ "a": 1 }\n{ "b": 2 }\n', 2],
])('refuses JSON %s, and says on which line', (_, text, line) => {
  expect(() => readForeign('A.JSON', text)).toThrow(
    expect.objectContaining({ code: 'import-unreadable', place: { file: 'A.JSON', line } }),
  );
});

test('a key named __proto__ is a key', () => {
  const values = readForeign('a.yml', '__proto__: { polluted: 1 }\na: 1\n');
  expect(Object.keys(values)).toEqual(['__proto__', 'a']);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

describe('refuses', () => {
  const levels = Array.from({ length: 12 }, (_, i) =>
    i === 0
      ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
      : `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
  );
  const cases: [string, string][] = [
    ['a bomb of aliases', `${levels.join('\n')}\n`],
    ['tags that make objects', 'a: !!python/object/apply:os.system ["id"]\n'],
    ['brackets without end', '['.repeat(100_000)],
    ['blocks without end', '- '.repeat(100_000)],
    ['megabytes', `a: ${'x'.repeat(1 << 21)}`],
    ['a list', '- a\n- b\n'],
    ['nothing', ''],
    ['a mistake in the syntax', 'a: [1, 2\nb: "x\n'],
    ['a key twice', 'a: 1\na: 2\n'],
    ['an alias of nothing', 'a: *none\n'],
  ];
  test.each(cases)('%s', (_, text) => {
    let thrown: unknown;
    try {
      readForeign('hostile.yml', text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toMatchObject({ code: 'import-unreadable', place: { file: 'hostile.yml' } });
  });
});
