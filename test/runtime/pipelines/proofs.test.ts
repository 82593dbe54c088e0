/** @file What a run proves at its first step. */
import { expect, test } from 'vitest';
import { unmoved } from '../../../runtime/pipelines/proofs.ts';

const values = (...numbers: number[]): Float32Array[] => [Float32Array.from(numbers), new Float32Array(3)];

test('one number that differs is movement', () => {
  expect(unmoved(values(1, 2), values(1, 2.5), 1e-3)).toBeUndefined();
});

test('a step that moved nothing says why', () => {
  expect(unmoved(values(1, 2), values(1, 2), 1e-3)).toMatch(/no gradient reaches it/);
  expect(unmoved(values(1, 2), values(1, 2), 0)).toMatch(/learning rate is 0/);
});
