/** @file What LoRA-XS and LoRA-SB share: y = x Wᵀ + x Aᵀ Rᵀ Bᵀ with frozen A [r, inputs] and B [outputs, r], only R [r, r] trained. */
import type { Value } from '../../graph/ir.ts';
import { foldedInner } from '../inits/loraSb.ts';
import type { InnerStart } from '../inits/loraXs.ts';
import type {
  LayerShape,
  LayerTensors,
  LinearContext,
  MethodOptions,
  ParamSpec,
  StoredForm,
} from '../method.ts';
import { loraNames, storedAs } from './lowRank.ts';
import type { Matrix } from './matrix.ts';
import { matrixOf, tensorOf } from './storedMatrix.ts';

/** The reference's name of R on disk, without PEFT's prefix, is "<path>_lora_latent_mapping.weight"; ours has the usual dot. */
export function innerParams(
  { rank }: MethodOptions,
  { inputs, outputs }: LayerShape,
): Readonly<Record<'A' | 'B' | 'R', ParamSpec>> {
  const computed = { init: 'computed', decays: true } as const;
  return {
    A: { tensor: loraNames.A, shape: [rank, inputs], ...computed, frozen: true },
    B: { tensor: loraNames.B, shape: [outputs, rank], ...computed, frozen: true },
    R: { tensor: 'lora_latent_mapping.weight', shape: [rank, rank], ...computed, folded: true },
  };
}

export function addInner(
  { op, dropped, y }: LinearContext,
  { A, B, R }: Readonly<Record<string, Value>>,
): Value {
  const u = op.matmul(dropped, A!, { transB: true });
  return op.gemm(op.matmul(u, R!, { transB: true }), B!, y, { transB: true });
}

/** As plain LoRA without loss: A, and B R in the place of B; alpha = r, so that the scale is 1. */
export function storedInner(tensors: LayerTensors, { rank }: MethodOptions): StoredForm {
  const inner = (['A', 'B', 'R'] as const).map((key): [string, Matrix] => [key, matrixOf(tensors[key]!)]);
  const { A, B } = foldedInner(Object.fromEntries(inner) as unknown as InnerStart);
  const folded = { A: tensorOf(A), B: tensorOf(B) };
  return storedAs(folded, loraNames, { rank, alpha: rank, rankStabilized: false });
}

/** A and B have r orthonormal directions each. */
export function refuseRank(
  title: string,
  { rank }: MethodOptions,
  { inputs, outputs }: LayerShape,
): string | undefined {
  return rank > Math.min(inputs, outputs)
    ? `is ${outputs} x ${inputs}; ${title} needs the rank, ${rank}, within its smaller side`
    : undefined;
}
