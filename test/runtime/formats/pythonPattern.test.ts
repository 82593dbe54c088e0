/** @file Python's regular expressions in JavaScript: the same matches, a reason where it can't, and never a hang. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import {
  fromPython,
  fullMatches,
  patternValues,
  suffixMatches,
} from '../../../runtime/formats/pythonPattern.ts';

/** Pattern, text, whether Python's re.fullmatch matches. */
const cases: [string, string, boolean][] = [
  ['a|ab', 'ab', true],
  ['a|b)(c', 'x', false],
  [String.raw`\Aabc\Z`, 'abc', true],
  [String.raw`a\-b\_c`, 'a-b_c', true],
  [String.raw`[a\-z]+`, 'a-z', true],
  [String.raw`[a\-z]+`, 'b', false],
  ['[]a]+', ']a', true],
  ['[^]a]+', 'bc', true],
  [String.raw`[\]]`, ']', true],
  ['[[a]', '[', true],
  ['a{2}', 'aa', true],
  ['a{,2}b', 'ab', true],
  ['a{,2}b', 'aaab', false],
  ['a{x}', 'a{x}', true],
  ['a]', 'a]', true],
  ['(?P<x>a+)-(?P=x)', 'aa-aa', true],
  ['(?P<x>a+)-(?P=x)', 'aa-a', false],
  ['a(?#a comment)b', 'ab', true],
  ['(?i)AB', 'ab', true],
  ['(?s).', '\n', true],
  ['.', '\n', false],
  ['é.', 'é😀', true],
  [String.raw`\x41\d`, 'A7', true],
];

describe('translation', () => {
  test.each(cases.filter(([pattern]) => pattern !== 'a|b)(c'))('%s on %j: %s', (pattern, text, expected) => {
    expect(fullMatches(pattern, [text])).toEqual([expected]);
  });

  test('suffixes begin after a dot', () => {
    expect(suffixMatches('proj|q', ['x.proj', 'xproj', 'q', 'a.b.q', 'projx'])).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
  });
});

describe('refusals', () => {
  const refusal = (pattern: string): string => {
    try {
      fullMatches(pattern, ['a'.repeat(60)]);
    } catch (error) {
      if (error instanceof UserError) return error.code;
      throw error;
    }
    return 'none';
  };
  test.each([
    ['(', 'pattern-invalid'],
    ['a|b)(c', 'pattern-invalid'],
    ['a**', 'pattern-invalid'],
    ['\\', 'pattern-invalid'],
    ['a'.repeat(4001), 'pattern-invalid'],
    ['(a+)+b', 'pattern-slow'],
  ])('%s', (pattern, code) => {
    expect(refusal(pattern)).toBe(code);
  });

  test('any text is matched or refused', () => {
    const piece = fc.constantFrom(
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '\\',
      '?',
      'P',
      '<',
      '>',
      '*',
      'a',
      '1',
      ',',
      '#',
      ':',
      'Z',
      '^',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const pattern = pieces.join('');
        expect(fromPython(pattern).source.length).toBeLessThan(4 * pattern.length + 1);
        try {
          expect(fullMatches(pattern, ['a1', ''])).toHaveLength(2);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { seed: 11, numRuns: 2000 },
    );
  });
});

test('the first pattern in order decides, names of the prototype included', () => {
  expect(patternValues({ constructor: 3, '.*': 5 }, ['a.constructor', 'b'], 1)).toEqual([3, 5]);
  expect(patternValues({}, ['a'], 1)).toEqual([1]);
});
