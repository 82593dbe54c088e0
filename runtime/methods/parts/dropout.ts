/**
 * @file Dropout masks computed inside the graph from keys alone: the same number for the same token, feature and place, however
 * the batch is cut, packed or computed again. Only wrapping additions and products of int32, which every provider has.
 */
import type { Value } from '../../graph/ir.ts';
import type { Op } from '../../graph/ops.ts';

/** Odd, so that the product is a permutation; the golden ratio's bits spread neighbours. */
const SPREAD = 0x9e3779b1 | 0;

/** z (2 z + 1) mod 2^32, a permutation whose high bits depend on all lower ones (RC6's mixing function). */
function mix(op: Op, z: Value): Value {
  return op.mul(z, op.add(op.add(z, z), op.scalar(1, 'int32')));
}

/** The value above which a uniform int32 stays with probability 1 - p. */
export function threshold(p: number): number {
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.round((p - 0.5) * 2 ** 32)));
}

/**
 * x with each element dropped with probability p and the others scaled by 1 / (1 - p): x [tokens, features],
 * tokenKeys int32 [tokens, 1], featureKeys int32 [1, features].
 */
export function dropout(op: Op, x: Value, tokenKeys: Value, featureKeys: Value, p: number): Value {
  const z = op.mul(mix(op, op.add(tokenKeys, featureKeys)), op.scalar(SPREAD, 'int32'));
  const kept = op.cast(op.greater(mix(op, z), op.scalar(threshold(p), 'int32')), 'float32');
  return op.mul(x, op.mul(kept, 1 / (1 - p)));
}
