/**
 * @file Gradients of frozen weights as adapters that add nothing: what their "parameters" accumulate is the gradient G of the
 * layer's weight, or a sketch of it. They are never written; training graphs run them before step 0.
 */
import type { GraphMethod, MethodOptions } from '../method.ts';

/** G = dyᵀ x, [outputs, inputs], as the gradient of a change of the weight that stays zero. */
export const fullGradient: GraphMethod = {
  kind: 'full gradient',
  params: (_options, { inputs, outputs }) => ({
    G: { tensor: 'gradient', shape: [outputs, inputs], init: 'zeros', decays: false },
  }),
  apply: ({ op, x, y }, { G }) => op.stated(y, [y, G!], (dy) => [dy, op.matmul(dy, x, { transA: true })]),
};

export interface SketchOptions extends MethodOptions {
  readonly q: number;
  readonly l: number;
}

/**
 * Y = G Omega = dyᵀ (x Omega), [outputs, q], and Z = Psiᵀ G = (dy Psi)ᵀ x, [l, inputs] (specification of the sketch:
 * gradientSketch.ts): q + l thin products instead of the whole gradient.
 */
export const sketchedGradient: GraphMethod<SketchOptions> = {
  kind: 'gradient sketch',
  params: ({ q, l }, { inputs, outputs }) => ({
    Y: { tensor: 'sketch_Y', shape: [outputs, q], init: 'zeros', decays: false },
    Z: { tensor: 'sketch_Z', shape: [l, inputs], init: 'zeros', decays: false },
    Omega: { tensor: 'sketch_Omega', shape: [inputs, q], init: 'computed', decays: false, frozen: true },
    Psi: { tensor: 'sketch_Psi', shape: [outputs, l], init: 'computed', decays: false, frozen: true },
  }),
  apply: ({ op, x, y }, { Y, Z, Omega, Psi }) =>
    op.stated(y, [y, Y!, Z!], (dy) => [
      dy,
      op.matmul(dy, op.matmul(x, Omega!), { transA: true }),
      op.matmul(op.matmul(dy, Psi!), x, { transA: true }),
    ]),
};
