/**
 * @file Graphs for generation: one that reads whole prompts and hands out their keys and values, one that adds a token to each.
 * A cache is [rows, kvHeads, slots, size] a layer, of one capacity for all; a new token is written by adding it to a zero slot.
 */
import type { Graph, Value } from '../graph/ir.ts';
import type { GraphBuilder } from '../graph/ops.ts';
import type { Adapted, FlatLayout } from './adapted.ts';
import { attendTiles, layerInputs } from './attention.ts';
import { decoderBlock } from './block.ts';
import type { BlockContext } from './block.ts';
import type { DecoderSpec, LayerKind } from './decoder.ts';
import { layerSpec } from './layerSpec.ts';
import { names } from './segmentBuilder.ts';
import type { SegmentBuilder, WeightUse } from './segmentBuilder.ts';
import { blockBuilder, blockContext, tiled, windowsOf } from './segments.ts';

export interface CacheGraph {
  readonly graph: Graph;
  readonly weights: readonly WeightUse[];
  readonly flat: FlatLayout;
  readonly frozen: FlatLayout;
  /** Names of outputs: for each block its new keys and values. */
  readonly caches: readonly { readonly keys: string; readonly values: string }[];
}

/** The first output is the residual stream. */
export interface GenerationGraph extends CacheGraph {
  readonly output: string;
}

/** Graph inputs that hold block i's cache (counted within the segment). */
export const cacheInputs = (i: number): { keys: string; values: string } => ({
  keys: `keys${i}.past`,
  values: `values${i}.past`,
});

/** A group of blocks: `count` from block `first` on. */
export interface GroupOptions {
  readonly spec: DecoderSpec;
  readonly adapted: Adapted;
  readonly first: number;
  readonly count: number;
}

/** Keys and values of a block. */
export type Cache = readonly [Value, Value];

/** A graph with these outputs first. */
export function cacheGraph(
  builder: SegmentBuilder,
  first: readonly Value[],
  caches: readonly Cache[],
): CacheGraph {
  return {
    graph: builder.op.finish([...first, ...caches.flat()]),
    weights: builder.weights,
    flat: builder.layout,
    frozen: builder.frozenLayout,
    caches: caches.map(([keys, values]) => ({ keys: keys.name, values: values.name })),
  };
}

export const generationGraph = (
  builder: SegmentBuilder,
  output: Value,
  caches: readonly Cache[],
): GenerationGraph => ({ ...cacheGraph(builder, [output], caches), output: output.name });

/** One group of tiles as wide as the cache; its keys and values, zero where there is no token, start the cache. */
export function prefillSegment({ spec, adapted, first, count }: GroupOptions): GenerationGraph {
  const indices = Array.from({ length: count }, (_, i) => first + i);
  const builder = blockBuilder(spec, adapted, indices);
  const { op } = builder;
  const inputs = layerInputs(op, spec, 1, windowsOf(spec));
  const filled = op.input('filled', 'float32', ['tiles0', 1, 'keys0', 1]);
  const caches: Cache[] = [];
  const tile = (x: Value, layer: LayerKind): Value => {
    const group = inputs(layer).groups[0]!;
    const rows = op.reshape(x, [group.keySlots.shape[0]!, spec.headSize]);
    return op.mul(op.permute(rows, group.keys, group.keySlots), filled);
  };
  const attendFlat = tiled(builder, spec, inputs);
  const context = blockContext(builder, spec, (q, k, v, layer, index) => {
    caches.push([tile(k, layer), tile(v, layer)]);
    return attendFlat(q, k, v, layer, index);
  });
  const input = op.input(names.input, 'float32', ['tokens', spec.hidden]);
  const output = indices.reduce<Value>((x, i) => decoderBlock(context, i, x), input);
  return generationGraph(builder, output, caches);
}

/** One token a row. */
export function decodeSegment({ spec, adapted, first, count }: GroupOptions): GenerationGraph {
  const indices = Array.from({ length: count }, (_, i) => first + i);
  const builder = blockBuilder(spec, adapted, indices);
  const { op } = builder;
  const caches: Cache[] = [];
  const context = blockContext(builder, spec, attendCache(op, spec, caches));
  const input = op.input(names.input, 'float32', ['tokens', spec.hidden]);
  const output = indices.reduce<Value>((x, i) => decoderBlock(context, i, x), input);
  return generationGraph(builder, output, caches);
}

/**
 * Attention of one token a row to what was cached, itself included, which it adds to `caches`: `slot` is 1 at the place the token
 * takes, masks say which slots it sees, `bias` [heads, 1, slots] is added to the scores.
 */
export function attendCache(
  op: GraphBuilder,
  spec: DecoderSpec,
  caches: Cache[],
  bias?: Value,
): BlockContext['attend'] {
  const slot = op.input('slot', 'float32', ['tokens', 1, 'slots', 1]);
  const masks = new Map(
    windowsOf(spec).map((window) => [
      window,
      op.input(`mask${window ?? ''}`, 'float32', ['tokens', 1, 1, 'slots']),
    ]),
  );
  return (q, k, v, layer) => {
    const { keys, values } = cacheInputs(caches.length);
    const own = layerSpec(spec, layer);
    const allKeys = extend(op, own, keys, k, slot);
    const allValues = extend(op, own, values, v, slot);
    caches.push([allKeys, allValues]);
    const mask = masks.get(layer.window)!;
    return attendSlots(op, own, q, [allKeys, allValues], bias ? op.add(mask, bias) : mask, 'slots');
  };
}

/** Attention of one token a row, q [tokens, heads * size], to a cache of so many slots. */
export function attendSlots(
  op: GraphBuilder,
  spec: DecoderSpec,
  q: Value,
  [k, v]: Cache,
  mask: Value,
  slots: string,
): Value {
  const { heads, headSize } = spec;
  const tiles = { q: op.reshape(q, ['tokens', heads, 1, headSize]), k, v };
  const seen = attendTiles(op, spec, tiles, mask, { tiles: 'tokens', queries: 1, keys: slots });
  return op.reshape(seen, ['tokens', heads * headSize]);
}

/** The cache with the new token [tokens, kvHeads * size] in its slot. */
function extend(op: GraphBuilder, spec: DecoderSpec, name: string, token: Value, slot: Value): Value {
  const past = op.input(name, 'float32', ['tokens', spec.kvHeads, 'slots', spec.headSize]);
  const tile = op.reshape(token, ['tokens', spec.kvHeads, 1, spec.headSize]);
  return op.add(past, op.mul(slot, tile));
}
