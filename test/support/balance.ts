/** @file LoRAMoE's balancing loss of given routing probabilities, by the graph and by its definition, in double precision. */
import { backward } from '../../runtime/autodiff/backward.ts';
import { GraphBuilder } from '../../runtime/graph/ops.ts';
import type { Value } from '../../runtime/graph/ir.ts';
import type { SideChannel } from '../../runtime/methods/method.ts';
import { localizedBalance } from '../../runtime/methods/parts/localizedBalance.ts';
import type { Device } from '../../runtime/ort/device.ts';
import { evaluate } from './evaluate.ts';

export interface Routed {
  readonly experts: number;
  readonly split: number;
  /** Tokens of each row. */
  readonly lengths: readonly number[];
  readonly types: readonly (0 | 1)[];
  readonly countPadding?: boolean;
  /** Tokens of each row that are its own, where it was padded. */
  readonly valid?: readonly number[];
}

/** The side channel of a micro-batch as constants of its graph; `minimised` and `observed` collect what a method hands over. */
export function sideOf(
  op: GraphBuilder,
  { lengths, types, valid = lengths }: Pick<Routed, 'lengths' | 'types' | 'valid'>,
): { side: SideChannel; minimised: Value[]; observed: Value[] } {
  const [minimised, observed]: [Value[], Value[]] = [[], []];
  const rows = lengths.flatMap((length, row) => Array<bigint>(length).fill(BigInt(row)));
  const shares = lengths.flatMap((length, row) =>
    Array.from({ length }, (_, i) => (i < valid[row]! ? 1 / valid[row]! : 0)),
  );
  const tokens = rows.length;
  const side: SideChannel = {
    training: true,
    rows: () => op.constant(BigInt64Array.from(rows), [tokens]),
    shares: () => op.constant(Float64Array.from(shares), [tokens, 1]),
    present: () => op.constant(new Float64Array(tokens).fill(1), [tokens, 1]),
    taskSigns: () =>
      op.constant(
        Float64Array.from(types, (type) => 2 * type - 1),
        [types.length, 1],
      ),
    minimise: (loss) => minimised.push(loss),
    observe: (_, value) => observed.push(value),
  };
  return { side, minimised, observed };
}

/** Loss, and its gradient by the logits z with p = softmax(z), both from the graph. */
export async function balanceOf(
  device: Device,
  logits: ArrayLike<number>,
  routed: Routed,
): Promise<{ loss: number; gradient: number[] }> {
  const op = new GraphBuilder();
  const { experts, split, countPadding = true } = routed;
  const tokens = logits.length / experts;
  const z = op.input('z', 'float64', [tokens, experts]);
  const { side } = sideOf(op, routed);
  const { loss } = localizedBalance({ op, side }, op.softmax(z), { experts, split, countPadding });
  const one = op.constant(Float64Array.of(1), [1]);
  const [gradient] = backward(op, [{ value: loss!, gradient: one }], [z]);
  const [value, slopes] = await evaluate(device, op.finish([loss!, gradient!]), {
    z: Float64Array.from(logits),
  });
  return { loss: value![0]!, gradient: slopes! };
}

/** log p, row after row, for probabilities that are given a token. */
export const logitsOf = (probabilities: readonly (readonly number[])[]): Float64Array =>
  Float64Array.from(probabilities.flat(), (p) => Math.log(Math.max(p, 1e-300)));

/** Var(Z) / mean(Z)², unbiased, from Q [rows][experts]. */
export function balanceByDefinition(
  Q: readonly (readonly number[])[],
  types: readonly number[],
  split: number,
): number {
  const half = Math.floor(Q[0]!.length / 2);
  const Z = Q.flatMap((row, b) =>
    row.map((q, n) => q * (types[b] === (n < half ? 1 : 0) ? 1 + split : 1 - split)),
  );
  const mean = Z.reduce((sum, z) => sum + z, 0) / Z.length;
  const variance = Z.reduce((sum, z) => sum + (z - mean) ** 2, 0) / (Z.length - 1);
  return variance / mean ** 2;
}
