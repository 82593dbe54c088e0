/** @file Each import rule can fail: the fixture of its name is rejected, allowed imports are not. */
import { expect, test } from 'vitest';
import { blindRules, rules } from '../../scripts/boundaries.mjs';

test('each rule rejects its fixture and lets the good ones through', async () => {
  const { modules, unbroken, wronglyBroken } = await blindRules();
  expect(modules).toBeGreaterThan(40);
  expect(rules.forbidden.length).toBeGreaterThan(25);
  expect(unbroken).toEqual([]);
  expect(wronglyBroken).toEqual([]);
});
