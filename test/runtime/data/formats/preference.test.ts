/** @file Preferences are recognised and refused with a way out. */
import { expect, test } from 'vitest';
import { preference } from '../../../../runtime/data/formats/preference.ts';

test('what it recognises', () => {
  expect(preference.fits({ prompt: 'a', chosen: 'b', rejected: 'c' })).toBe(true);
  expect(preference.fits({ prompt: 'a', completion: 'b', label: true })).toBe(true);
  expect(preference.fits({ prompt: 'a', completion: 'b', label: 'cat' })).toBe(false);
});

test('what it says', () => {
  expect(() => preference.read({})).toThrow(
    expect.objectContaining({
      code: 'preference-data',
      hint: expect.stringContaining('"completion": "chosen"') as string,
    }) as Error,
  );
});
