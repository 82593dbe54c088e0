/** @file Prompt and completion as texts. */
import { expect, test } from 'vitest';
import { promptCompletion } from '../../../../runtime/data/formats/promptCompletion.ts';

test('reads a row', () => {
  const row = { prompt: 'a', completion: 'b', id: 1 };
  expect(promptCompletion.fits(row)).toBe(true);
  expect(promptCompletion.read(row)).toEqual({
    kind: 'pair',
    system: undefined,
    history: [],
    prompt: 'a',
    completion: 'b',
  });
});

test('messages are another format', () => {
  const row = { prompt: [{ role: 'user', content: 'a' }], completion: 'b' };
  expect(promptCompletion.fits(row)).toBe(false);
  expect(() => promptCompletion.read(row)).toThrow(/"prompt" that is a list/);
});
