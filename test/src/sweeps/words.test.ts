/** @file What is typed for a sweep and taken over from the finder. */
import { expect, test } from 'vitest';
import {
  asRow,
  foundRate,
  isSeeds,
  parallelChoices,
  rateProgress,
  roundRate,
  withRate,
} from '../../../src/sweeps/words.ts';

test('seeds', () => {
  for (const text of ['3', '0,1', ' 0, 1 ,2 ', '7,']) expect(isSeeds(text)).toBe(true);
  for (const text of ['', 'x', '-1', '1.5', ',', '1;2']) expect(isSeeds(text)).toBe(false);
});

test('runs at a time: at most one a core', () => {
  expect(parallelChoices(1)).toEqual([1]);
  expect(parallelChoices(6)).toEqual([1, 2, 4]);
  expect(parallelChoices(100)).toEqual([1, 2, 4, 8, 16]);
});

test('a rate is set where it belongs, comments and the rest stay', () => {
  const text = '{\n  // why\n  "training": { "learningRate": 1e-3, "batch": 8 }\n}\n';
  expect(roundRate(0.00193069)).toBe(0.0019);
  expect(withRate(text, undefined, 0.00193069)).toBe(text.replace('1e-3', '0.0019'));
  const variant = withRate(text, 'rank 4', 0.00193069);
  expect(variant).toContain('// why');
  expect(JSON.parse(variant.replace('// why', ''))).toMatchObject({
    training: { learningRate: 1e-3 },
    variants: { 'rank 4': { training: { learningRate: 0.0019 } } },
  });
});

test("the finder's lines", () => {
  const line = '{"event":"rate","step":3,"steps":50,"learningRate":1e-5,"loss":8}\n';
  expect(rateProgress(`half a line}\n${line}{"event":"rate","st`)).toEqual({ step: 3, steps: 50 });
  expect(rateProgress('')).toBeUndefined();
  const found = { event: 'found', file: '/x', suggestion: 0.002 };
  expect(foundRate(`${line}${JSON.stringify(found)}\n`)).toMatchObject({ file: '/x', suggestion: 0.002 });
  expect(foundRate(line)).toBeUndefined();
});

test('config and variant alone are as good as a row', () => {
  expect(asRow({ config: '/x', variant: 'a' })).toEqual({ kind: 'variant', config: '/x', variant: 'a' });
  const row = { kind: 'config', config: '/x' };
  expect(asRow(row)).toBe(row);
  expect(asRow(undefined)).toBeUndefined();
});
