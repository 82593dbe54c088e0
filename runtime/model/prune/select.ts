/** @file Chooses the units that stay: by random scores, or by first-order Taylor scores |w dL/dw| summed over a unit's weights. */
import { UserError } from '../../contract/errors.ts';
import type { DecoderSpec, LinearSpec } from '../decoder.ts';
import { keptKvHeads, keptNeurons } from './counts.ts';
import type { KeptUnits, PrunePlan } from './units.ts';

/** How much each unit of a layer matters: the lowest go. */
export interface UnitScores {
  readonly neurons: Float64Array;
  readonly kvHeads: Float64Array;
}

export interface PruneRange {
  /** Share of the units that go, in [0, 1). */
  readonly ratio: number;
  /** First layer that is pruned, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

/**
 * Keeps the highest-scored units of each layer of the range, ranked within the layer.
 * Throws `prune-ratio`, `prune-layers`, `prune-empty`, `prune-unsupported` or `prune-scores`.
 */
export function selectUnits(
  spec: DecoderSpec,
  range: PruneRange,
  scores: (layer: number) => UnitScores,
): PrunePlan {
  const counts = unitCounts(spec, range);
  const plan = new Map<number, KeptUnits>();
  for (let layer = range.start; layer < range.end; layer++) {
    const { neurons, kvHeads } = scores(layer);
    plan.set(layer, {
      neurons: highest(neurons, counts.neurons, layer),
      kvHeads: highest(kvHeads, counts.kvHeads, layer),
    });
  }
  return plan;
}

/** Units that stay in each layer of the range. Throws `prune-ratio`, `prune-layers`, `prune-empty` or `prune-unsupported`. */
export function unitCounts(
  spec: DecoderSpec,
  { ratio, start, end }: PruneRange,
): { readonly neurons: number; readonly kvHeads: number } {
  checkRange(spec, start, end);
  const counts = { neurons: keptNeurons(spec.intermediate, ratio), kvHeads: keptKvHeads(spec, ratio) };
  if (counts.neurons > 0 && counts.kvHeads > 0) return counts;
  throw new UserError(
    'prune-empty',
    `a ratio of ${ratio} leaves no ${counts.neurons === 0 ? 'neuron' : 'head'} of a layer.`,
    { hint: `The base has ${spec.intermediate} neurons and ${spec.kvHeads} key-value heads a layer.` },
  );
}

/** Refuses bases that are no decoders: their blocks work on other texts, and no pruned form of them is defined. */
export function requireDecoder({ modelType, task }: DecoderSpec): void {
  if (task === undefined) return;
  throw new UserError('prune-unsupported', `${modelType} is no decoder, and only these are pruned.`, {
    hint: 'Use a method that works on the whole base.',
  });
}

function checkRange(spec: DecoderSpec, start: number, end: number): void {
  requireDecoder(spec);
  if (spec.qkNorm === 'full')
    throw new UserError(
      'prune-unsupported',
      `${spec.modelType} norms queries and keys across all heads: without some of them the others change.`,
      { hint: 'Use the semi-structured or the unstructured kind, or another base.' },
    );
  if (0 <= start && start < end && end <= spec.layers.length) return;
  throw new UserError(
    'prune-layers',
    `layers ${start} to ${end} were to be pruned; the base has ${spec.layers.length}.`,
    { hint: 'The first layer counts from 0 and lies below the end, which is not pruned itself.' },
  );
}

/** Indices of the `count` highest scores, ascending; of equal scores the lower index stays. */
function highest(scores: Float64Array, count: number, layer: number): Int32Array {
  if (!scores.every(Number.isFinite))
    throw new UserError('prune-scores', `a unit of layer ${layer} has a score that is no number.`, {
      hint: 'The gradients overflowed: the rows that were scored, or the base, are damaged.',
    });
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  return Int32Array.from(order.subarray(0, count)).sort();
}

/** The same for all units, from a source of uniform numbers (LoRAM-Rand). */
export function randomScores(spec: DecoderSpec, random: () => number): UnitScores {
  return {
    neurons: Float64Array.from({ length: spec.intermediate }, random),
    kvHeads: Float64Array.from({ length: spec.kvHeads }, random),
  };
}

/** |w dL/dw| of a linear's weights, summed by output and by input. */
export interface Saliences {
  readonly outputs: Float64Array;
  readonly inputs: Float64Array;
}

/** From a frozen weight and the loss's gradient by it, both [outputs, inputs]. */
export function saliences(
  { inputs, outputs }: Pick<LinearSpec, 'inputs' | 'outputs'>,
  weight: ArrayLike<number>,
  gradient: ArrayLike<number>,
): Saliences {
  const sums = { outputs: new Float64Array(outputs), inputs: new Float64Array(inputs) };
  for (let o = 0, at = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++, at++) {
      const salience = Math.abs(weight[at]! * gradient[at]!);
      sums.outputs[o]! += salience;
      sums.inputs[i]! += salience;
    }
  return sums;
}

/**
 * Taylor scores of one layer (LLM-Pruner's param_first, LoRAM-Stru). A neuron's group is its row of gate and up and its column of
 * down; a key-value head's is its rows of k and v, and the rows of q and columns of o of its own query heads, which are contiguous.
 * Throws `prune-no-gradient` where the gradients are zero throughout.
 */
export function taylorScores(
  spec: DecoderSpec,
  layer: number,
  of: (linear: LinearSpec) => Saliences,
): UnitScores {
  const { heads, kvHeads, headSize, intermediate } = spec;
  const neurons = new Float64Array(intermediate);
  const groups = new Float64Array(kvHeads);
  const [queries, keys] = [heads * headSize, kvHeads * headSize];
  /** A unit is a run of sums from `from` on. */
  const add = (sums: Float64Array, units: Float64Array, from: number, run: number): void => {
    for (let i = 0; i < units.length * run; i++) units[Math.floor(i / run)]! += sums[from + i]!;
  };
  const { q, k, v, qkv, o, gate, up, gateUp, down } = spec.names.blocks[layer]!;
  const q1 = queries / kvHeads;
  const places: readonly (readonly [
    LinearSpec | undefined,
    keyof Saliences,
    Float64Array,
    number,
    number,
  ])[] = [
    [q, 'outputs', groups, 0, q1],
    [k, 'outputs', groups, 0, headSize],
    [v, 'outputs', groups, 0, headSize],
    [qkv, 'outputs', groups, 0, q1],
    [qkv, 'outputs', groups, queries, headSize],
    [qkv, 'outputs', groups, queries + keys, headSize],
    [o, 'inputs', groups, 0, q1],
    [gate, 'outputs', neurons, 0, 1],
    [up, 'outputs', neurons, 0, 1],
    [gateUp, 'outputs', neurons, 0, 1],
    [gateUp, 'outputs', neurons, intermediate, 1],
    [down, 'inputs', neurons, 0, 1],
  ];
  for (const [linear, side, units, from, run] of places) if (linear) add(of(linear)[side], units, from, run);
  if ([...groups, ...neurons].every((score) => score === 0))
    throw new UserError('prune-no-gradient', `no weight of layer ${layer} has a gradient.`, {
      hint: 'The rows that are scored must train at least one token.',
    });
  return { neurons, kvHeads: groups };
}
