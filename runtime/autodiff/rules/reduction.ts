/** @file Gradients of sums, means and their kin: one number's gradient goes back to all elements it came from. */
import type { Value } from '../../graph/ir.ts';
import type { Op } from '../../graph/ops.ts';
import type { Rules } from '../rule.ts';

interface Reduced {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** The reduced axes put back with size 1, so that the gradient broadcasts against the input. */
function restoreAxes(op: Op, dy: Value, data: Value, { axes, keepDims }: Reduced): Value {
  if (keepDims) return dy;
  return op.reshape(
    dy,
    data.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)),
  );
}

function count(data: Value, axes: readonly number[]): number {
  return axes.reduce((n, axis) => {
    const size = data.shape[axis];
    if (typeof size !== 'number')
      throw new Error(`the mean over axis ${axis} of ${data.name} needs a known size`);
    return n * size;
  }, 1);
}

export const reduction = {
  ReduceSum: ({ op, dy, x, a }) => ({
    data: () => op.expand(restoreAxes(op, dy, x.data, a), x.data.shape),
  }),
  ReduceMean: ({ op, dy, x, a }) => ({
    data: () => op.expand(op.mul(restoreAxes(op, dy, x.data, a), 1 / count(x.data, a.axes)), x.data.shape),
  }),
  ReduceMax: { noGradient: 'ties have no single slope; shift by a detached maximum instead' },
  // (sum x^2)' = 2 x
  ReduceSumSquare: ({ op, dy, x, a }) => ({
    data: () => op.mul(x.data, op.mul(restoreAxes(op, dy, x.data, a), 2)),
  }),
  // (log sum e^x)' = softmax(x) = e^(x - y)
  ReduceLogSumExp: ({ op, dy, y, x, a }) => ({
    data: () => op.mul(op.exp(op.sub(x.data, restoreAxes(op, y, x.data, a))), restoreAxes(op, dy, x.data, a)),
  }),
} satisfies Partial<Rules>;
