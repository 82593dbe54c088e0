/** @file Which units of a layer stay, and which rows and columns of its linears that means (LoRAM, arXiv:2502.13533). */
import type { BlockNames, DecoderSpec, LinearSpec } from '../decoder.ts';
import { mapLinears } from '../specTensors.ts';

/** Units of one layer that stay, ascending; a key-value head takes its query heads with it. */
export interface KeptUnits {
  readonly neurons: Int32Array;
  readonly kvHeads: Int32Array;
}

/** Kept units by layer; layers that are not named stay whole. */
export type PrunePlan = ReadonlyMap<number, KeptUnits>;

/** Outputs and inputs of a linear that stay, ascending; absent = all of them. */
export interface LinearSlice {
  readonly outputs?: Int32Array;
  readonly inputs?: Int32Array;
}

/** The indices below `count` that `pruned` doesn't name, ascending, in whatever order it names them. Throws a RangeError. */
export function complement(pruned: ArrayLike<number>, count: number): Int32Array {
  const gone = new Uint8Array(count);
  let left = count;
  for (let i = 0; i < pruned.length; i++) {
    const index = pruned[i]!;
    if (!Number.isInteger(index) || index < 0 || index >= count)
      throw new RangeError(`unit ${index} of ${count}`);
    left -= 1 - gone[index]!;
    gone[index] = 1;
  }
  const kept = new Int32Array(left);
  for (let index = 0, next = 0; index < count; index++) if (gone[index] === 0) kept[next++] = index;
  return kept;
}

/** Dimensions of the given heads, head after head. */
export function headDims(heads: ArrayLike<number>, headSize: number): Int32Array {
  return Int32Array.from(
    { length: heads.length * headSize },
    (_, i) => heads[Math.floor(i / headSize)]! * headSize + (i % headSize),
  );
}

/**
 * Query dimensions that belong to key-value dimensions given in runs of `headSize`, in any order: a run from s on stands for
 * [s q, (s + headSize) q), q query heads a key-value head.
 */
export function queryDims(kvDims: ArrayLike<number>, headSize: number, q: number): Int32Array {
  const run = headSize * q;
  return Int32Array.from(
    { length: kvDims.length * q },
    (_, i) => kvDims[Math.floor(i / run) * headSize]! * q + (i % run),
  );
}

const shifted = (indices: Int32Array, by: number): Int32Array => indices.map((index) => index + by);

function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let next = 0;
  for (const part of parts) {
    all.set(part, next);
    next += part.length;
  }
  return all;
}

/** What stays of each linear of block `index`, by module path; segments of fused projections have index sets of their own. */
export function blockSlices(spec: DecoderSpec, index: number, kept: KeptUnits): Map<string, LinearSlice> {
  const { heads, kvHeads, headSize, intermediate } = spec;
  const names: BlockNames = spec.names.blocks[index]!;
  const kv = headDims(kept.kvHeads, headSize);
  const query = queryDims(kv, headSize, heads / kvHeads);
  const { neurons } = kept;
  const [queries, keys] = [heads * headSize, kvHeads * headSize];
  const slices: readonly (readonly [LinearSpec | undefined, LinearSlice])[] = [
    [names.q, { outputs: query }],
    [names.k, { outputs: kv }],
    [names.v, { outputs: kv }],
    [names.qkv, { outputs: joined([query, shifted(kv, queries), shifted(kv, queries + keys)]) }],
    [names.o, { inputs: query }],
    [names.gate, { outputs: neurons }],
    [names.up, { outputs: neurons }],
    [names.gateUp, { outputs: joined([neurons, shifted(neurons, intermediate)]) }],
    [names.down, { inputs: neurons }],
  ];
  return new Map(slices.flatMap(([linear, slice]) => (linear ? [[linear.path, slice]] : [])));
}

function slicedLinear(linear: LinearSpec, slice: LinearSlice | undefined): LinearSpec {
  return {
    ...linear,
    inputs: slice?.inputs?.length ?? linear.inputs,
    outputs: slice?.outputs?.length ?? linear.outputs,
  };
}

/** The description of the base with only the kept units: per-layer head counts and widths, linears of their new sizes. */
export function prunedSpec(spec: DecoderSpec, plan: PrunePlan): DecoderSpec {
  const layers = spec.layers.map((layer, index) => {
    const kept = plan.get(index);
    if (!kept) return layer;
    const kvHeads = kept.kvHeads.length;
    return {
      ...layer,
      heads: kvHeads * (spec.heads / spec.kvHeads),
      kvHeads,
      intermediate: kept.neurons.length,
    };
  });
  const blocks = spec.names.blocks.map((block, index) => {
    const kept = plan.get(index);
    if (!kept) return block;
    const slices = blockSlices(spec, index, kept);
    return mapLinears(block, (linear) => slicedLinear(linear, slices.get(linear.path)));
  });
  return { ...spec, layers, names: { ...spec.names, blocks } };
}
