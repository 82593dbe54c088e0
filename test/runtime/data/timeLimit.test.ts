/** @file Work that would never end is ended, and results and errors of other work come through. */
import { expect, test } from 'vitest';
import { withinTime } from '../../../runtime/data/timeLimit.ts';

test('a result, an error, no end', () => {
  expect(withinTime(1_000, () => ['a'])).toEqual(['a']);
  const fails = (): string[] => {
    throw new RangeError('own');
  };
  expect(() => withinTime(1_000, fails)).toThrow('own');
  expect(withinTime(50, () => [/^(a+)+$/.test(`${'a'.repeat(60)}!`)])).toBeUndefined();
  expect(withinTime(1_000, () => ['again'])).toEqual(['again']);
});
