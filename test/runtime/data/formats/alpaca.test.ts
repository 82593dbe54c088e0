/** @file Alpaca rows: input joined to the instruction, system and history kept. */
import { expect, test } from 'vitest';
import { alpaca } from '../../../../runtime/data/formats/alpaca.ts';

const row = { instruction: 'a', input: 'i', output: 'b', system: 's', history: [['q', 'r']], answer: 'x' };

test('reads a row', () => {
  expect(alpaca.fits(row)).toBe(true);
  expect(alpaca.read(row)).toEqual({
    kind: 'pair',
    system: 's',
    history: [['q', 'r']],
    prompt: 'a\ni',
    completion: 'b',
  });
});

test.each(['', null, undefined])('input, system and history may be %j', (empty) => {
  expect(alpaca.read({ instruction: 'a', output: 'b', input: empty, system: empty, history: empty })).toEqual(
    {
      kind: 'pair',
      system: undefined,
      history: [],
      prompt: 'a',
      completion: 'b',
    },
  );
});

test.each([
  [{ ...row, history: 'x' }, /history/],
  [{ ...row, history: [['only']] }, /history/],
  [{ ...row, history: [['a', 3]] }, /history/],
  [{ ...row, input: 4 }, /"input" that is the number 4/],
  [{ ...row, output: null }, /"output" that is missing/],
])('%j', (broken, message) => {
  expect(() => alpaca.read(broken)).toThrow(message);
});
