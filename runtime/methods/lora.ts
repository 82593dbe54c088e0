/** @file LoRA (arXiv:2106.09685): y = x Wᵀ + s (x Aᵀ) Bᵀ, s = alpha / r, or alpha / sqrt r rank-stabilised (arXiv:2312.03732). */
import { defineMethod } from './method.ts';

export interface LoraOptions {
  readonly rank: number;
  readonly alpha: number;
  readonly rankStabilized: boolean;
  /** PEFT's lora_bias: B carries a bias that is scaled with it. */
  readonly bias: boolean;
}

/** The factor on B A. */
export function loraScale({
  rank,
  alpha,
  rankStabilized,
}: Pick<LoraOptions, 'rank' | 'alpha' | 'rankStabilized'>): number {
  return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
}

/** w_o += s Σ_k B[o, k] A[k, :]: the row of W + s B A. */
export function addLowRank(
  row: Float64Array,
  output: number,
  { A, B }: Readonly<Record<string, Float32Array>>,
  options: Pick<LoraOptions, 'rank' | 'alpha' | 'rankStabilized'>,
): void {
  const scale = loraScale(options);
  const inputs = row.length;
  for (let k = 0; k < options.rank; k++) {
    const factor = scale * B![output * options.rank + k]!;
    for (let i = 0; i < inputs; i++) row[i]! += factor * A![k * inputs + i]!;
  }
}

export const lora = defineMethod<LoraOptions>({
  kind: 'lora',
  title: 'LoRA',
  paper: 'arXiv:2106.09685',
  params: ({ rank, bias }, { inputs, outputs }) => ({
    A: { tensor: 'lora_A.weight', shape: [rank, inputs], init: 'kaiming-uniform', decays: true },
    B: { tensor: 'lora_B.weight', shape: [outputs, rank], init: 'zeros', decays: true },
    ...(bias && { bias: { tensor: 'lora_B.bias', shape: [outputs], init: 'zeros', decays: false } as const }),
  }),
  // the base's product is the C of alpha u Bᵀ + C: no pass of its own for the sum
  apply: ({ op, dropped, y }, { A, B, bias }, options) => {
    const scale = loraScale(options);
    const u = op.matmul(dropped, A!, { transB: true });
    const adapted = op.gemm(u, B!, y, { transB: true, alpha: scale });
    return bias ? op.add(adapted, op.mul(bias, scale)) : adapted;
  },
  mergeRow: addLowRank,
});
