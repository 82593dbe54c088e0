/**
 * @file ALLoRA (arXiv:2410.09692): y = x Wᵀ + x Aᵀ Bᵀ without scale or dropout; the gradient of output row i is multiplied by
 * s_i = 1 / sqrt(||(B A)_i|| + 1 / eta²), large while the row is near zero (section 4.2 and listing 1).
 */
import type { Value } from '../graph/ir.ts';
import type { Op } from '../graph/ops.ts';
import { defineMethod } from './method.ts';
import type { MethodOptions } from './method.ts';
import { loraNames, storedAs } from './parts/lowRank.ts';
import type { Matrix } from './parts/matrix.ts';
import { product } from './parts/products.ts';
import { matrixOf } from './parts/storedMatrix.ts';

export interface AlloraOptions extends MethodOptions {
  readonly eta: number;
  /** Factor on the optimiser's learning rate, see `adamRate`. */
  readonly rate: number;
}

/**
 * Row norms of B A, [outputs, 1], by the Gram matrix K = A Aᵀ: n_i² = B_i K B_iᵀ, r² (inputs + outputs) products instead of
 * r inputs outputs and no [outputs, inputs] matrix. Rounding may leave a square below zero.
 */
function rowNorms(op: Op, A: Value, B: Value): Value {
  const gram = op.matmul(A, A, { transB: true });
  const squares = op.sum(op.mul(op.matmul(B, gram), B), [1], { keepDims: true });
  return op.sqrt(op.where(op.greater(squares, 0), squares, op.mul(squares, 0)));
}

/** s, [outputs, 1]: at most eta, and eta only where the row of B A is zero. */
function rowFactors(op: Op, A: Value, B: Value, eta: number): Value {
  return op.reciprocal(op.sqrt(op.add(rowNorms(op, A, B), 1 / (eta * eta))));
}

/** The same from numbers, in double precision, [outputs]. */
export function factorsOf(A: Matrix, B: Matrix, eta: number): Float64Array {
  const gram = product(A, A, { b: true });
  const BK = product(B, gram);
  return Float64Array.from({ length: B.rows }, (_, i) => {
    let square = 0;
    for (let k = 0; k < B.columns; k++) square += BK.data[i * B.columns + k]! * B.data[i * B.columns + k]!;
    return 1 / Math.sqrt(Math.sqrt(Math.max(0, square)) + 1 / (eta * eta));
  });
}

export const allora = defineMethod<AlloraOptions>({
  kind: 'allora',
  title: 'ALLoRA',
  paper: 'arXiv:2410.09692',
  doc: 'LoRA without scale and dropout; rows of the update that are still small learn faster.',
  formula: 'y = x Wᵀ + (x Aᵀ) Bᵀ; the gradient of row i times 1 / sqrt(||(B A)_i|| + 1 / eta²)',
  keys: {
    eta: {
      type: 'number',
      default: 2,
      above: 0,
      maximum: 1000,
      doc: 'Largest factor on the gradient of a row, at B = 0; its paper tries the squares 1, 2 and 4.',
    },
    adamRate: {
      type: 'string',
      default: 'eta-scaled',
      oneOf: ['eta-scaled', 'raw'],
      doc: "With AdamW, which doesn't see a constant factor: learn at eta times the learning rate, or at the rate itself.",
    },
  },
  // Adam's step is the same for any constant factor, so eta reaches it by the rate only; SGD has it in the gradient
  layerOptions: (config, { rank }, { optimizer }) => {
    const eta = config['eta'] as number;
    const scaled = optimizer === 'adamw' && config['adamRate'] === 'eta-scaled';
    return { rank, alpha: rank, eta, rate: scaled ? eta : 1 };
  },
  scale: () => 1,
  params: ({ rank, rate }, { inputs, outputs }) => ({
    A: { tensor: loraNames.A, shape: [rank, inputs], init: 'kaiming-uniform', decays: true, rate },
    B: { tensor: loraNames.B, shape: [outputs, rank], init: 'zeros', decays: true, rate },
  }),
  // with s held: dA = (s B)ᵀ dyᵀ x, dB = s (dyᵀ x Aᵀ), but dx = dy B A unscaled, so that lower layers get the true signal
  apply: ({ op, x, y }, { A, B }, { eta }) => {
    const u = op.matmul(x, A!, { transB: true });
    return op.stated(op.gemm(u, B!, y, { transB: true }), [y, x, A!, B!], (dy) => {
      const s = rowFactors(op, A!, B!, eta);
      // both products with dy at once: it is the large one
      const both = op.matmul(dy, op.concat([B!, op.mul(B!, s)], 1));
      const rank = A!.shape[0] as number;
      const [du, scaled] = [op.slice(both, 1, 0, rank), op.slice(both, 1, rank, 2 * rank)];
      return [
        dy,
        op.matmul(du, A!),
        op.matmul(scaled, x, { transA: true }),
        op.mul(op.matmul(dy, u, { transA: true }), s),
      ];
    });
  },
  // how far the factors have come down from eta
  facts: ({ A, B }, { eta }) => {
    const s = factorsOf(matrixOf(A!), matrixOf(B!), eta);
    return {
      factorMin: Math.min(...s),
      factorMean: s.reduce((sum, x) => sum + x, 0) / s.length,
      factorMax: Math.max(...s),
    };
  },
  stored: (tensors, { rank, alpha }) => storedAs(tensors, loraNames, { rank, alpha, rankStabilized: false }),
});
