/** @file Plain text rows. */
import { expect, test } from 'vitest';
import { text } from '../../../../runtime/data/formats/text.ts';

test('reads a row', () => {
  expect(text.fits({ text: 'a' })).toBe(true);
  expect(text.read({ text: 'a', source: 'x' })).toEqual({ kind: 'text', text: 'a' });
});

test('something else under that name', () => {
  expect(text.fits({ text: ['a'] })).toBe(false);
  expect(() => text.read({ text: { a: 1 } })).toThrow(/"text" that is an object/);
});
