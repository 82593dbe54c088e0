/** @file What methods with an update s B A share: its scale, their keys in the config, the branch beside the frozen product. */
import type { Keys } from '../../contract/optionSpec.ts';
import type { Value } from '../../graph/ir.ts';
import type { LayerTensors, LinearContext, MethodOptions, StoredForm } from '../method.ts';

export interface Scale extends MethodOptions {
  readonly rankStabilized: boolean;
}

/** The factor on B A: alpha / r, or alpha / sqrt r rank-stabilised (arXiv:2312.03732). */
export function loraScale({ rank, alpha, rankStabilized }: Scale): number {
  return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
}

export const scaleKeys = {
  alpha: {
    type: 'number',
    default: 32,
    above: 0,
    doc: 'The update is scaled by alpha / rank, or alpha / sqrt(rank) with rankStabilized.',
    peft: 'lora_alpha',
  },
  alphaPattern: {
    type: 'map',
    default: {},
    of: { type: 'number', above: 0, doc: 'Alpha.' },
    doc: 'Regular expression on the end of module paths -> alpha there.',
    peft: 'alpha_pattern',
  },
  rankStabilized: {
    type: 'boolean',
    default: false,
    doc: 'Scale by alpha / sqrt(rank) (arXiv:2312.03732).',
    peft: 'use_rslora',
  },
} as const satisfies Keys;

export const dropoutKey = {
  dropout: {
    type: 'number',
    default: 0,
    minimum: 0,
    below: 1,
    doc: "Share of the adapter's inputs that are set to zero in training.",
    peft: 'lora_dropout',
  },
} as const satisfies Keys;

/** y + s (x Aᵀ) Bᵀ: the base's product is the C of alpha u Bᵀ + C, so that the sum is no pass of its own. */
export function addBranch(
  { op, dropped, y }: Pick<LinearContext, 'op' | 'dropped' | 'y'>,
  A: Value,
  B: Value,
  scale: number,
): Value {
  return op.gemm(op.matmul(dropped, A, { transB: true }), B, y, { transB: true, alpha: scale });
}

/**
 * y + s (x Aᵀ Bᵀ - x A0ᵀ B0ᵀ) with frozen A0, B0, its slopes stated: both halves go through the same products, and no gradient of
 * the frozen ones is formed.
 */
export function addDifference(
  { op, dropped, y }: Pick<LinearContext, 'op' | 'dropped' | 'y'>,
  { A, B, A0, B0 }: Readonly<Record<'A' | 'B' | 'A0' | 'B0', Value>>,
  scale: number,
): Value {
  const rank = A.shape[0] as number;
  const rows = op.concat([A, A0], 0);
  const columns = op.concat([B, op.neg(B0)], 1);
  const u = op.matmul(dropped, rows, { transB: true });
  const value = op.gemm(u, columns, y, { transB: true, alpha: scale });
  return op.stated(value, [y, dropped, A, B], (dy) => {
    const du = op.matmul(dy, columns, { alpha: scale });
    const own = (both: Value): Value => op.slice(both, 1, 0, rank);
    return [
      dy,
      op.matmul(du, rows),
      op.matmul(own(du), dropped, { transA: true }),
      op.matmul(dy, own(u), { transA: true, alpha: scale }),
    ];
  });
}

/** w_o += s Σ_k B[o, k] A[k, :], in double precision: the row `output` of W + s B A. */
export function addLowRank(
  row: Float64Array,
  output: number,
  { A, B }: Readonly<Record<'A' | 'B', Float32Array>>,
  { rank, scale }: { readonly rank: number; readonly scale: number },
): void {
  const inputs = row.length;
  for (let k = 0; k < rank; k++) {
    const factor = scale * B[output * rank + k]!;
    for (let i = 0; i < inputs; i++) row[i]! += factor * A[k * inputs + i]!;
  }
}

/** Tensors under the names that PEFT's files have for them. */
export function storedAs(
  tensors: LayerTensors,
  names: Readonly<Record<string, string>>,
  { rank, alpha, rankStabilized }: Scale,
): StoredForm {
  const named = Object.entries(names).flatMap(([key, name]) => {
    const tensor = tensors[key];
    return tensor ? [[name, tensor] as const] : [];
  });
  return { tensors: Object.fromEntries(named), rank, alpha, rankStabilized };
}

export const loraNames = { A: 'lora_A.weight', B: 'lora_B.weight', bias: 'lora_B.bias' } as const;
