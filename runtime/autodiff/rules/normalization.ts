/** @file Gradients of softmax, the norms and rotary positions. */
import type { Value } from '../../graph/ir.ts';
import type { Op } from '../../graph/ops.ts';
import type { Rules } from '../rule.ts';

function leadingAxes(value: Value): number[] {
  return Array.from({ length: value.shape.length - 1 }, (_, i) => i);
}

/** 1 / sqrt(mean(x^2) + eps) over the last axis, kept as size 1: [..., 1]. */
function inverseRms(op: Op, x: Value, epsilon: number): Value {
  return op.reciprocal(
    op.sqrt(op.add(op.mul(op.sumSquare(x, [-1], { keepDims: true }), 1 / lastSize(x)), epsilon)),
  );
}

function lastSize(value: Value): number {
  const size = value.shape.at(-1);
  if (typeof size !== 'number') throw new Error(`the last axis of ${value.name} must have a known size`);
  return size;
}

/** sum(a b) over the last axis, kept as size 1. */
function rowDot(op: Op, a: Value, b: Value): Value {
  return op.sum(op.mul(a, b), [-1], { keepDims: true });
}

export const normalization = {
  // y = softmax(x):  dx = y (dy - sum(dy y))
  Softmax: ({ op, dy, y }) => ({
    input: () => op.mul(y, op.sub(dy, rowDot(op, dy, y))),
  }),
  // y = log sum e^x - x[label]:  dx = dy (softmax(x) - onehot(label))
  CrossEntropy: ({ op, dy, x }) => ({
    logits: () => op.scatterElements(op.mul(op.softmax(x.logits), dy), x.labels, op.neg(dy), 1),
    labels: null,
  }),
  // y = x n w, n = 1 / rms(x):  with g = dy w,  dx = n g - x n^3 mean(g x)
  RmsNorm: ({ op, dy, x, a }) => ({
    X: () => {
      const n = inverseRms(op, x.X, a.epsilon);
      const g = op.mul(dy, x.scale);
      const slope = op.mul(op.mul(n, op.mul(n, n)), op.mul(rowDot(op, g, x.X), 1 / lastSize(x.X)));
      return op.sub(op.mul(g, n), op.mul(x.X, slope));
    },
    scale: () => op.sum(op.mul(dy, op.mul(x.X, inverseRms(op, x.X, a.epsilon))), leadingAxes(x.X)),
  }),
  // y = h w + b, h = (x - mean) n:  with g = dy w,  dx = n (g - mean(g) - h mean(g h))
  LayerNorm: ({ op, dy, x, a }) => {
    const centered = (): { h: Value; n: Value } => {
      const c = op.sub(x.X, op.mean(x.X, [-1], { keepDims: true }));
      const n = inverseRms(op, c, a.epsilon);
      return { h: op.mul(c, n), n };
    };
    return {
      X: () => {
        const { h, n } = centered();
        const g = op.mul(dy, x.scale);
        const mean = op.mean(g, [-1], { keepDims: true });
        const along = op.mul(rowDot(op, g, h), 1 / lastSize(x.X));
        return op.mul(n, op.sub(op.sub(g, mean), op.mul(h, along)));
      },
      scale: () => op.sum(op.mul(dy, centered().h), leadingAxes(x.X)),
      B: () => op.sum(dy, leadingAxes(x.X)),
    };
  },
  // a rotation's inverse turns the other way
  Rotary: ({ op, dy, x, a }) => ({
    X: () => op.rotary(dy, x.positions, x.cos, op.neg(x.sin), a),
    positions: null,
    cos: null,
    sin: null,
  }),
} satisfies Partial<Rules>;
