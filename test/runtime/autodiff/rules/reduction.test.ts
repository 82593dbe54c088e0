/** @file What is special in the rules of sums: the axes that were dropped come back. */
import { expect, it } from 'vitest';
import { backward } from '../../../../runtime/autodiff/backward.ts';
import { reduction } from '../../../../runtime/autodiff/rules/reduction.ts';
import { GraphBuilder } from '../../../../runtime/graph/ops.ts';

it.each(['sum', 'mean', 'sumSquare', 'logSumExp'] as const)(
  '%s: the gradient has the shape of what was summed',
  (word) => {
    for (const keepDims of [true, false])
      for (const axes of [[0], [-1], [0, 2], [0, 1, 2]]) {
        const op = new GraphBuilder();
        const x = op.input('x', 'float32', [2, 3, 4]);
        const y = op[word](x, axes, { keepDims });
        const dy = op.input('dy', 'float32', y.shape);
        expect(backward(op, [{ value: y, gradient: dy }], [x])[0]!.shape).toEqual([2, 3, 4]);
      }
  },
);

it('sums go over axes that only a call knows, means do not', () => {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', ['tokens', 4]);
  const dy = op.input('dy', 'float32', [4]);
  expect(backward(op, [{ value: op.sum(x, [0]), gradient: dy }], [x])[0]!.shape).toEqual(['tokens', 4]);
  const mean = op.mean(x, [0]);
  expect(() => backward(op, [{ value: mean, gradient: dy }], [x])).toThrow(
    'the mean over axis 0 of x needs a known size',
  );
});

it('a maximum says what to do in its place', () => {
  expect(reduction.ReduceMax.noGradient).toContain('detached maximum');
});
