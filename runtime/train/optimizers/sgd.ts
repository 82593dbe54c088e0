/** @file Stochastic gradient descent with momentum, as PyTorch computes it (decay joins the gradient). */
import type { Optimizer } from './optimizer.ts';

export const sgd: Optimizer = {
  kind: 'sgd',
  state: ['momentum'],
  scalars: ({ momentum, weightDecay }, _t, learningRate) => ({
    momentumFactor: momentum,
    weightDecay,
    learningRate,
  }),
  // g = g + decay w,  b = mu b + g,  w = w - lr b
  update: ({ op, values, gradient, state, scalar: c, decay, rate }) => {
    const g = op.add(gradient, op.mul(values, op.mul(decay, c['weightDecay']!)));
    const momentum = op.add(op.mul(state['momentum']!, c['momentumFactor']!), g);
    return {
      values: op.sub(values, op.mul(momentum, op.mul(rate, c['learningRate']!))),
      state: { momentum },
    };
  },
};
