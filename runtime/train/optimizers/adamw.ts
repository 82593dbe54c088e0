/** @file AdamW (arXiv:1711.05101), as PyTorch computes it: decay first, then the bias-corrected step. */
import type { Optimizer } from './optimizer.ts';

export const adamw: Optimizer = {
  kind: 'adamw',
  state: ['m', 'v'],
  scalars: ({ betas: [beta1, beta2], eps, weightDecay }, t, learningRate) => ({
    beta1,
    oneMinusBeta1: 1 - beta1,
    beta2,
    oneMinusBeta2: 1 - beta2,
    eps,
    shrink: learningRate * weightDecay,
    // lr / (1 - beta1^t)
    stepSize: learningRate / (1 - beta1 ** t),
    // 1 / sqrt(1 - beta2^t)
    correction: 1 / Math.sqrt(1 - beta2 ** t),
  }),
  // at a rate of its own for each number where there is one
  // m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g²,  w = w - lr decay w - stepSize m / (sqrt(v) correction + eps)
  update: ({ op, values, gradient: g, state, scalar: c, decay, rate }) => {
    const m = op.add(op.mul(state['m']!, c['beta1']!), op.mul(g, c['oneMinusBeta1']!));
    const v = op.add(op.mul(state['v']!, c['beta2']!), op.mul(op.mul(g, g), c['oneMinusBeta2']!));
    const kept = op.sub(values, op.mul(values, op.mul(rate, op.mul(decay, c['shrink']!))));
    const denominator = op.add(op.mul(op.sqrt(v), c['correction']!), c['eps']!);
    const stepSize = op.mul(rate, c['stepSize']!);
    return { values: op.sub(kept, op.mul(op.div(m, denominator), stepSize)), state: { m, v } };
  },
};
