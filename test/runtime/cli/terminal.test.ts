/** @file Text for a terminal: width, cutting, wrapping, and nothing that steers it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  displayWidth,
  printable,
  printableLines,
  styled,
  truncate,
  wrap,
} from '../../../runtime/cli/terminal.ts';

describe('width', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['größe', 5],
    ['e\u0301', 1],
    ['日本', 4],
    ['👍🏽', 2],
    ['👩‍👩‍👧', 2],
    ['©', 1],
    ['ｱ', 1],
    ['Ａ', 2],
  ])('%j takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  test('a cut text fits and says that it is cut', () => {
    expect(truncate('abcdef', 6)).toBe('abcdef');
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('日本語', 4)).toBe('日…');
    expect(truncate('abc', 0)).toBe('');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.nat(12), (text, columns) => {
        expect(displayWidth(truncate(text, columns))).toBeLessThanOrEqual(columns);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('wrapped lines fit and lose nothing but the spaces at their ends', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefgh ij', 3)).toEqual(['abc', 'def', 'gh', 'ij']);
    expect(wrap('', 5)).toEqual(['']);
    expect(wrap('日本語', 1)).toEqual(['日本語']);
    const word = fc.string({ unit: fc.constantFrom('a', 'é', '日', '👍🏽'), minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), fc.integer({ min: 2, max: 12 }), (words, columns) => {
        const lines = wrap(words.join(' '), columns);
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

test('names of others cannot steer the terminal or turn the text around', () => {
  expect(printable('a\u001b[2Jb\u202ec\u0007')).toBe('a\ufffd[2Jb\ufffdc\ufffd');
  expect(printable('a\r\n  b\tc')).toBe('a b c');
  expect(printableLines('a\u0000\nb')).toBe('a\ufffd\nb');
});

test('colours only where they are wanted', () => {
  expect(styled({ color: false }, 'red', 'x')).toBe('x');
  expect(styled({ color: true }, 'red', 'x')).toBe('\u001b[31mx\u001b[0m');
});
