/** @file Rows with a text, or two, and a class. */
import { describe, expect, test } from 'vitest';
import { classification } from '../../../../runtime/data/formats/classification.ts';

const fits: typeof classification.fits = (row) => classification.fits(row);
const read: typeof classification.read = (row) => classification.read(row);

test.each([
  [
    { text: 'a', label: 'good' },
    { pair: undefined, label: 'good' },
  ],
  [
    { text: 'a', text_pair: 'b', label: 2 },
    { pair: 'b', label: 2 },
  ],
  // empty columns of a table
  [
    { text: 'a', text_pair: null, label: ' 1 ' },
    { pair: undefined, label: '1' },
  ],
  [
    { text: 'a', text_pair: '', label: 3n },
    { pair: undefined, label: 3 },
  ],
  [
    { text: 'a', label: true },
    { pair: undefined, label: 1 },
  ],
])('%o', (row, expected) => {
  expect(fits(row)).toBe(true);
  expect(read(row)).toEqual({ kind: 'classified', text: 'a', ...expected });
});

describe('looks like one and is none', () => {
  test.each([
    [{ text: 'a', label: '' }, 'a text'],
    [{ text: 'a', label: 0.5 }, 'the number 0.5'],
    [{ text: 'a', label: -1 }, 'the number -1'],
    [{ text: 'a', label: ['x'] }, 'a list'],
  ])('%o', (row, said) => {
    expect(fits(row)).toBe(false);
    expect(() => read(row)).toThrow(`has "label" that is ${said}; the name of a class or its number`);
  });

  test('a text that is none', () => {
    expect(fits({ text: 1, label: 'x' })).toBe(false);
    expect(() => read({ text: 1, label: 'x' })).toThrow('has "text" that is the number 1');
  });
});
