/**
 * @file DoRA (arXiv:2402.09353): y = m / ||V|| (x Wᵀ + s x Aᵀ Bᵀ), V = W + s B A, its row norms detached (section 4.3).
 * Factored, so that V is never formed: ||V||² = ||W||² + 2 s <W, B A> + s² ||B A||² a row.
 */
import type { LoraOptions } from './lora.ts';
import { defineMethod } from './method.ts';
import { matrix } from './parts/matrix.ts';
import type { Matrix } from './parts/matrix.ts';
import { addBranch, dropoutKey, loraNames, loraScale, scaleKeys, storedAs } from './parts/lowRank.ts';

const names = { A: loraNames.A, B: loraNames.B, magnitude: 'lora_magnitude_vector' } as const;

/** ||W|| a row, [outputs, 1]. */
function rowNorms({ rows, columns, data }: Matrix): Matrix {
  const norms = Float64Array.from({ length: rows }, (_, row) =>
    Math.sqrt(data.subarray(row * columns, (row + 1) * columns).reduce((sum, w) => sum + w * w, 0)),
  );
  return matrix(rows, 1, norms);
}

export const dora = defineMethod<LoraOptions>({
  kind: 'dora',
  title: 'DoRA',
  paper: 'arXiv:2402.09353',
  doc: 'LoRA for the direction of each row of the weight, and a trained number for its length.',
  formula: 'y = m / ||W + s B A|| ⊙ (x Wᵀ + s (x Aᵀ) Bᵀ), lengths by row',
  peft: 'LoraConfig, use_dora',
  keys: { ...scaleKeys, ...dropoutKey },
  layerOptions: (config, { rank, alpha }) => ({
    rank,
    alpha,
    rankStabilized: config.rankStabilized === true,
    bias: false,
  }),
  scale: loraScale,
  start: () => ({
    reads: 'weight',
    fresh: 'equal',
    compute: ({ weight }) => ({ tensors: { magnitude: rowNorms(weight()) } }),
  }),
  params: ({ rank }, { inputs, outputs }) => ({
    A: { tensor: names.A, shape: [rank, inputs], init: 'kaiming-uniform', decays: true },
    B: { tensor: names.B, shape: [outputs, rank], init: 'zeros', decays: true },
    magnitude: { tensor: names.magnitude, shape: [outputs], init: 'computed', decays: true },
  }),
  apply: (context, { A, B, magnitude }, options) => {
    const { op, weight, transposed, layer } = context;
    const s = loraScale(options);
    const inner = transposed ? op.matmul(A!, weight) : op.matmul(A!, weight, { transB: true }); // A Wᵀ, [r, outputs]
    const cross = op.sum(op.mul(op.transpose(inner, [1, 0]), B!), [1]); // <W, B A> a row
    const gram = op.matmul(A!, A!, { transB: true }); // A Aᵀ, [r, r]
    const own = op.sum(op.mul(op.matmul(B!, gram), B!), [1]); // ||B A||² a row
    const base = op.sumSquare(weight, [transposed ? 0 : 1]);
    const squared = op.add(base, op.add(op.mul(cross, 2 * s), op.mul(own, s * s)));
    const norm = op.detach(op.sqrt(squared));
    const factor = op.reshape(op.div(magnitude!, norm), [1, layer.outputs]);
    return op.mul(addBranch(context, A!, B!, s), factor);
  },
  stored: (tensors, options) => ({ ...storedAs(tensors, names, options), dora: true }),
});
