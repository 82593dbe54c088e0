/** @file SparseGPT against its definition: the pattern holds, and what is left minimises the output's error. */
import { describe, expect, it, test } from 'vitest';
import { pruneByMagnitude, sparseGpt } from '../../../../runtime/model/prune/sparseGpt.ts';
import { randomNumbers } from '../../../support/evaluate.ts';

/** X^T X of `rows` random inputs whose features lean on each other. */
function moments(inputs: number, rows: number): Float64Array {
  const X = randomNumbers(rows * inputs, `inputs ${inputs}`);
  const H = new Float64Array(inputs * inputs);
  for (let row = 0; row < rows; row++) {
    const x = Array.from(
      X.subarray(row * inputs, (row + 1) * inputs),
      (v, i) => v + X[row * inputs]! * (i % 3),
    );
    for (let i = 0; i < inputs; i++) for (let j = 0; j < inputs; j++) H[i * inputs + j]! += x[i]! * x[j]!;
  }
  return H;
}

/** d^T H d summed over outputs: the squared error of the outputs. */
function outputError(before: Float32Array, after: Float32Array, H: Float64Array, inputs: number): number {
  let sum = 0;
  for (let o = 0; o < before.length / inputs; o++)
    for (let i = 0; i < inputs; i++)
      for (let j = 0; j < inputs; j++) {
        const [a, b] = [o * inputs + i, o * inputs + j];
        sum += (before[a]! - after[a]!) * H[i * inputs + j]! * (before[b]! - after[b]!);
      }
  return sum;
}

const zeros = (weight: Float32Array): number => weight.reduce((n, w) => n + (w === 0 ? 1 : 0), 0);

describe('LORAM-11: masks', () => {
  const linear = { path: 'layer', outputs: 24, inputs: 160 };
  const weight = randomNumbers(linear.outputs * linear.inputs, 'weight');
  const H = moments(linear.inputs, 400);

  test.each([
    ['SparseGPT', () => sparseGpt(weight, H, linear, { kind: 'semi' })],
    ['magnitude', () => pruneByMagnitude(weight, linear, { kind: 'semi' })],
  ] as const)('LORAM-11: %s leaves four of every eight inputs', (_, prune) => {
    const { weight: left, gone } = prune();
    for (let at = 0; at < left.length; at += 8) {
      expect(zeros(left.subarray(at, at + 8))).toBe(4);
      expect(gone.subarray(at, at + 8).reduce((n, bit) => n + bit, 0)).toBe(4);
    }
    gone.forEach((bit, i) => {
      expect(left[i] === 0).toBe(bit === 1);
    });
  });

  test.each([
    ['SparseGPT', () => sparseGpt(weight, H, linear, { kind: 'unstructured', ratio: 0.55 })],
    ['magnitude', () => pruneByMagnitude(weight, linear, { kind: 'unstructured', ratio: 0.55 })],
  ] as const)('LORAM-11: %s leaves 45 of 100', (_, prune) => {
    const { weight: left } = prune();
    expect(Math.abs(zeros(left) / left.length - 0.55)).toBeLessThan(1e-3);
  });
});

describe('compensation', () => {
  const inputs = 6;
  const linear = { path: 'layer', outputs: 1, inputs };
  const H = moments(inputs, 50);
  const mean = [...Array(inputs).keys()].reduce((sum, i) => sum + H[i * inputs + i]!, 0) / inputs;

  it('is the least-squares solution of the weights behind a single removed one', () => {
    for (const small of [0, 2, 4]) {
      const weight = Float32Array.from({ length: inputs }, (_, i) => (i === small ? 1e-3 : 1 + 0.1 * i));
      const { weight: left, gone } = sparseGpt(weight, H, linear, { kind: 'unstructured', ratio: 0.17 });
      expect([...gone].indexOf(1)).toBe(small);
      expect([...gone].filter((bit) => bit === 1)).toHaveLength(1);
      // with d = left - weight: (H + damping) d = 0 at each later weight, and earlier weights are as they were
      const d = Array.from(left, (w, i) => w - weight[i]!);
      for (let i = 0; i < inputs; i++) {
        if (i < small) expect(d[i]).toBe(0);
        if (i <= small) continue;
        const slope = d.reduce((sum, dj, j) => sum + H[i * inputs + j]! * dj, 0.01 * mean * d[i]!);
        expect(Math.abs(slope)).toBeLessThan(1e-5);
      }
    }
  });

  it('errs less in the outputs than the choice by magnitude', () => {
    const wide = { path: 'layer', outputs: 16, inputs: 136 };
    const weight = randomNumbers(wide.outputs * wide.inputs, 'wide');
    const second = moments(wide.inputs, 300);
    for (const pattern of [{ kind: 'semi' }, { kind: 'unstructured', ratio: 0.55 }] as const) {
      const errors = [sparseGpt(weight, second, wide, pattern), pruneByMagnitude(weight, wide, pattern)].map(
        ({ weight: left }) => outputError(weight, left, second, wide.inputs),
      );
      expect(errors[0]! / errors[1]!).toBeLessThan(0.6);
    }
  });

  it('keeps what magnitude keeps as it was', () => {
    const weight = randomNumbers(16, 'kept');
    const { weight: left, gone } = pruneByMagnitude(
      weight,
      { path: 'layer', outputs: 2, inputs: 8 },
      { kind: 'semi' },
    );
    expect(left).toEqual(weight.map((w, i) => (gone[i] === 1 ? 0 : w)));
  });

  it('removes inputs that are never there first', () => {
    const dead = H.slice();
    for (let i = 0; i < inputs; i++) dead[3 * inputs + i] = dead[i * inputs + 3] = 0;
    const weight = new Float32Array(inputs).fill(5);
    const { weight: left } = sparseGpt(weight, dead, linear, { kind: 'unstructured', ratio: 0.2 });
    expect([...left].map((w) => w === 0)).toEqual([false, false, false, true, false, false]);
  });
});

describe('refuses', () => {
  const linear = { path: 'model.layers.0.mlp.up_proj', outputs: 1, inputs: 4 };
  const weight = new Float32Array(4).fill(1);

  test.each([
    ['zeros', new Float64Array(16)],
    ['what is no number', new Float64Array(16).fill(Number.NaN)],
    ['what is no square', Float64Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 9))],
  ])('calibration inputs: %s', (_, H) => {
    expect(() => sparseGpt(weight, H, linear, { kind: 'unstructured', ratio: 0.5 })).toThrow(
      'its inputs on the calibration rows are zero or no numbers',
    );
  });

  it('groups that do not fit', () => {
    expect(() => pruneByMagnitude(weight, linear, { kind: 'semi' })).toThrow('has 4 inputs');
  });
});
