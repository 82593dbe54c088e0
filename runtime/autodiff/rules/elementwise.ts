/** @file Gradients of operators that work on each element by itself. */
import type { Value } from '../../graph/ir.ts';
import type { Rules } from '../rule.ts';

export const elementwise = {
  // y = a + b
  Add: ({ dy }) => ({ A: () => dy, B: () => dy }),
  // y = a - b
  Sub: ({ op, dy }) => ({ A: () => dy, B: () => op.neg(dy) }),
  // y = a b
  Mul: ({ op, dy, x }) => ({ A: () => op.mul(dy, x.B), B: () => op.mul(dy, x.A) }),
  // y = a / b:  da = dy / b,  db = -dy y / b
  Div: ({ op, dy, y, x }) => ({
    A: () => op.div(dy, x.B),
    B: () => op.neg(op.div(op.mul(dy, y), x.B)),
  }),
  Neg: ({ op, dy }) => ({ X: () => op.neg(dy) }),
  // (e^x)' = e^x
  Exp: ({ op, dy, y }) => ({ X: () => op.mul(dy, y) }),
  // (log x)' = 1 / x
  Log: ({ op, dy, x }) => ({ X: () => op.div(dy, x.X) }),
  // (sqrt x)' = 1 / (2 sqrt x)
  Sqrt: ({ op, dy, y }) => ({ X: () => op.div(op.mul(dy, 0.5), y) }),
  // (1 / x)' = -1 / x^2
  Reciprocal: ({ op, dy, y }) => ({ X: () => op.neg(op.mul(dy, op.mul(y, y))) }),
  Sin: ({ op, dy, x }) => ({ X: () => op.mul(dy, op.cos(x.X)) }),
  Cos: ({ op, dy, x }) => ({ X: () => op.neg(op.mul(dy, op.sin(x.X))) }),
  // tanh' = 1 - tanh^2
  Tanh: ({ op, dy, y }) => ({ X: () => op.mul(dy, op.sub(1, op.mul(y, y))) }),
  // erf' = 2 / sqrt(pi) e^(-x^2)
  Erf: ({ op, dy, x }) => ({
    X: () => op.mul(op.mul(dy, 2 / Math.sqrt(Math.PI)), op.exp(op.neg(op.mul(x.X, x.X)))),
  }),
  // sigmoid' = s (1 - s)
  Sigmoid: ({ op, dy, y }) => ({ X: () => op.mul(dy, op.mul(y, op.sub(1, y))) }),
  // y = x s(x):  y' = s + x s (1 - s) = s (1 + x - y)
  Silu: ({ op, dy, y, x }) => ({
    X: () => op.mul(op.mul(dy, op.sigmoid(x.X)), op.add(op.sub(x.X, y), 1)),
  }),
  Floor: { noGradient: 'a staircase has slope zero almost everywhere; say detach where that is meant' },
  Detach: () => ({ X: null }),
  // built once, at the first input that needs it
  Stated: ({ dy, x, a }) => {
    let gradients: readonly Value[] | undefined;
    return [null, ...x.slice(1).map((_, i) => () => (gradients ??= a.gradient(dy))[i]!)];
  },
  Cast: ({ op, dy, x }) => ({ input: () => op.cast(dy, x.input.type) }),
  Greater: { noGradient: 'a comparison has no slope' },
  Where: ({ op, dy, x }) => ({
    condition: null,
    X: () => op.where(x.condition, dy, op.scalar(0, dy.type)),
    Y: () => op.where(x.condition, op.scalar(0, dy.type), dy),
  }),
} satisfies Partial<Rules>;
