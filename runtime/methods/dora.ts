/**
 * @file DoRA (arXiv:2402.09353): y = m / ||V|| (x Wᵀ + s x Aᵀ Bᵀ), V = W + s B A, its row norms detached (section 4.3).
 * Factored, so that V is never formed: ||V||² = ||W||² + 2 s <W, B A> + s² ||B A||² a row.
 */
import { addLowRank, loraScale } from './lora.ts';
import type { LoraOptions } from './lora.ts';
import { defineMethod } from './method.ts';

export const dora = defineMethod<LoraOptions>({
  kind: 'dora',
  title: 'DoRA',
  paper: 'arXiv:2402.09353',
  params: ({ rank }, { inputs, outputs }) => ({
    A: { tensor: 'lora_A.weight', shape: [rank, inputs], init: 'kaiming-uniform', decays: true },
    B: { tensor: 'lora_B.weight', shape: [outputs, rank], init: 'zeros', decays: true },
    magnitude: { tensor: 'lora_magnitude_vector', shape: [outputs], init: 'ones', decays: true },
  }),
  apply: ({ op, dropped, y, weight, transposed, layer }, { A, B, magnitude }, options) => {
    const s = loraScale(options);
    const inner = transposed ? op.matmul(A!, weight) : op.matmul(A!, weight, { transB: true }); // A Wᵀ, [r, outputs]
    const cross = op.sum(op.mul(op.transpose(inner, [1, 0]), B!), [1]); // <W, B A> a row
    const gram = op.matmul(A!, A!, { transB: true }); // A Aᵀ, [r, r]
    const own = op.sum(op.mul(op.matmul(B!, gram), B!), [1]); // ||B A||² a row
    const base = op.sumSquare(weight, [transposed ? 0 : 1]);
    const squared = op.add(base, op.add(op.mul(cross, 2 * s), op.mul(own, s * s)));
    const norm = op.detach(op.sqrt(squared));
    const factor = op.reshape(op.div(magnitude!, norm), [1, layer.outputs]);
    const low = op.matmul(op.matmul(dropped, A!, { transB: true }), B!, { transB: true, alpha: s });
    return op.mul(op.add(y, low), factor);
  },
  // m_o / ||V_o|| V_o
  mergeRow: (row, output, params, options) => {
    addLowRank(row, output, params, options);
    const norm = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
    const factor = params['magnitude']![output]! / norm;
    for (let i = 0; i < row.length; i++) row[i]! *= factor;
  },
});
