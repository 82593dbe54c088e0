/**
 * @file LoRAMoE's localized balancing constraint (arXiv:2312.09979, section 3.3; variance over squared mean, as its authors confirmed):
 * Z = I ⊙ Q, LBC = Var(Z) / mean(Z)², Q the routing of each row, I = 1 + delta for experts of the row's own kind, else 1 - delta.
 */
import type { Value } from '../../graph/ir.ts';
import type { LinearContext } from '../method.ts';

export interface BalanceOptions {
  readonly experts: number;
  readonly split: number;
  readonly countPadding: boolean;
}

/** Keeps a mean of zero from dividing. */
const EPSILON = 1e-10;

/**
 * The loss of one linear, [1], and the routing Q it is of, [rows, experts]: sums over the tokens of a row, or their means where
 * padding doesn't count (rows differ in length then, and sums would differ however evenly a row is routed).
 * Experts 0 .. N/2 - 1 are the group of type 1, the others of type 0. One expert has nothing to balance: no loss.
 */
export function localizedBalance(
  { op, side }: Pick<LinearContext, 'op' | 'side'>,
  p: Value,
  { experts, split, countPadding }: BalanceOptions,
): { loss?: Value; routing: Value } {
  const weights = countPadding ? side.present() : side.shares();
  const signs = side.taskSigns();
  const zeros = op.zeros([signs.shape[0]!, experts], p.type);
  const routing = op.scatterRows(zeros, side.rows(), op.mul(p, weights));
  if (experts === 1) return { routing };
  const half = Math.floor(experts / 2);
  const signed = Array.from({ length: experts }, (_, n) => (n < half ? split : -split));
  const data = p.type === 'float64' ? Float64Array.from(signed) : Float32Array.from(signed);
  const groups = op.constant(data, [1, experts]);
  const Z = op.mul(op.add(op.mul(signs, groups), 1), routing);
  // M = rows · experts, and the unbiased variance over all of them
  const count = op.sum(op.add(op.mul(signs, 0), experts), [0, 1], { keepDims: true });
  const mean = op.div(op.sum(Z, [0, 1], { keepDims: true }), count);
  const deviations = op.sumSquare(op.sub(Z, mean), [0, 1], { keepDims: true });
  const variance = op.div(deviations, op.sub(count, 1));
  const loss = op.div(variance, op.add(op.mul(mean, mean), EPSILON));
  return { loss: op.reshape(loss, [1]), routing };
}
