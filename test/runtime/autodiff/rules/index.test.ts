/** @file The table of gradient rules: each operator stands in one family. */
import { expect, it } from 'vitest';
import { families, rules } from '../../../../runtime/autodiff/rules/index.ts';
import { infer } from '../../../../runtime/graph/infer.ts';

it('no operator stands in two families, of which one would be lost', () => {
  const names = Object.values(families).flatMap((family) => Object.keys(family));
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  expect(Object.keys(rules).sort()).toEqual(names.sort());
});

it('every operator that can be built has a rule, or a reason in a sentence', () => {
  expect(Object.keys(rules).sort()).toEqual(Object.keys(infer).sort());
  for (const [name, rule] of Object.entries(rules))
    if (typeof rule !== 'function') expect(rule.noGradient.length, name).toBeGreaterThan(15);
});
