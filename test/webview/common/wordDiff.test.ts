/** @file Differences by words: whatever the two texts are, the parts give both of them back. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shownParts, wordDiff } from '../../../webview/common/wordDiff.ts';

const joined = (parts: ReturnType<typeof wordDiff>, left: string): string =>
  parts
    .filter(({ kind }) => kind !== left)
    .map(({ text }) => text)
    .join('');

test('a word that differs is marked, the rest is not', () => {
  expect(wordDiff('{"quantity": 3, "city": "Oslo"}', '{"quantity": 4, "city": "Oslo"}')).toEqual([
    { kind: 'same', text: '{"quantity": ' },
    { kind: 'missing', text: '3' },
    { kind: 'extra', text: '4' },
    { kind: 'same', text: ', "city": "Oslo"}' },
  ]);
});

test('equal texts have no mark', () => {
  expect(wordDiff('as wanted', 'as wanted')).toEqual([{ kind: 'same', text: 'as wanted' }]);
  expect(wordDiff('', '')).toEqual([]);
});

test('the parts give both texts back', () => {
  const words = fc.array(fc.constantFrom('a', 'b', ' ', '\n', '{"', 'ü', '👍', '<b>', '  '), {
    maxLength: 60,
  });
  const text = fc.oneof(
    words.map((all) => all.join('')),
    fc.string(),
  );
  fc.assert(
    fc.property(text, text, (wanted, given) => {
      const parts = wordDiff(wanted, given);
      expect(joined(parts, 'extra')).toBe(wanted);
      expect(joined(parts, 'missing')).toBe(given);
    }),
    { numRuns: 500, seed: 2 },
  );
});

test('texts of thousands of words that share nothing are not compared word by word', () => {
  const many = (word: string): string => Array.from({ length: 5000 }, (_, i) => `${word}${i}`).join('\n');
  const parts = wordDiff(many('x'), many('y'));
  expect(parts.map(({ kind }) => kind)).toEqual(['missing', 'extra']);
});

test('an answer unlike the wanted one is unwanted as a whole; an empty one lacks all', () => {
  expect(shownParts('{"kind": "bug"}', 'I do not know what the bug is, sorry.')).toEqual([
    { kind: 'extra', text: 'I do not know what the bug is, sorry.' },
  ]);
  expect(shownParts('wanted', '')).toEqual([{ kind: 'missing', text: 'wanted' }]);
});
