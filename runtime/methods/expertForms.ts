/** @file LoRAMoE in the forms of tools that don't know it: one plain adapter an expert, or all of them mixed by constant gates. */
import type { LayerTensors, StoredTensor } from './method.ts';
import { expertNames } from './loramoe.ts';
import { loraNames } from './parts/lowRank.ts';

export interface Experts {
  readonly rank: number;
  readonly experts: number;
}

/** Expert `k` alone as plain LoRA of the same rank and alpha: what it adds where the router gives it everything. */
export function expertAlone(stored: LayerTensors, k: number): LayerTensors {
  return { [loraNames.A]: stored[expertNames.A(k)]!, [loraNames.B]: stored[expertNames.B(k)]! };
}

/**
 * All experts under constant gates: A the A_k stacked, B = [g_1 B_1, .., g_N B_N], rank N r and alpha N times as large, so that
 * the scale stays. Exact where the router gives every token these gates, else the nearest that one weight can be to it.
 */
export function expertsMixed(
  stored: LayerTensors,
  { rank, experts }: Experts,
  gates: ArrayLike<number>,
): LayerTensors {
  const [inputs, outputs] = [stored[expertNames.A(0)]!.shape[1]!, stored[expertNames.B(0)]!.shape[0]!];
  const A = new Float32Array(experts * rank * inputs);
  const B = new Float32Array(outputs * experts * rank);
  for (let k = 0; k < experts; k++) {
    A.set(stored[expertNames.A(k)]!.data, k * rank * inputs);
    const own = stored[expertNames.B(k)]!.data;
    for (let o = 0; o < outputs; o++)
      for (let r = 0; r < rank; r++) B[(o * experts + k) * rank + r] = gates[k]! * own[o * rank + r]!;
  }
  const tensor = (shape: readonly number[], data: Float32Array): StoredTensor => ({ shape, data });
  return {
    [loraNames.A]: tensor([experts * rank, inputs], A),
    [loraNames.B]: tensor([outputs, experts * rank], B),
  };
}
