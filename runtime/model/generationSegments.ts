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
import type { WeightUse } from './segmentBuilder.ts';
import { blockBuilder, blockContext, tiled, windowsOf } from './segments.ts';

export interface GenerationGraph {
  readonly graph: Graph;
  readonly weights: readonly WeightUse[];
  readonly flat: FlatLayout;
  readonly frozen: FlatLayout;
  /** Names of the outputs: residual stream, then for each block its new keys and values. */
  readonly output: string;
  readonly caches: readonly { readonly keys: string; readonly values: string }[];
}

/** Graph inputs that hold block i's cache (counted within the segment). */
export const cacheInputs = (i: number): { keys: string; values: string } => ({
  keys: `keys${i}.past`,
  values: `values${i}.past`,
});

interface Options {
  readonly spec: DecoderSpec;
  readonly adapted: Adapted;
  readonly first: number;
  readonly count: number;
}

function finish(
  builder: ReturnType<typeof blockBuilder>,
  output: Value,
  caches: readonly (readonly [Value, Value])[],
): GenerationGraph {
  return {
    graph: builder.op.finish([output, ...caches.flat()]),
    weights: builder.weights,
    flat: builder.layout,
    frozen: builder.frozenLayout,
    output: output.name,
    caches: caches.map(([keys, values]) => ({ keys: keys.name, values: values.name })),
  };
}

/** One group of tiles as wide as the cache; its keys and values, zero where there is no token, start the cache. */
export function prefillSegment({ spec, adapted, first, count }: Options): GenerationGraph {
  const indices = Array.from({ length: count }, (_, i) => first + i);
  const builder = blockBuilder(spec, adapted, indices);
  const { op } = builder;
  const inputs = layerInputs(op, spec, 1, windowsOf(spec));
  const filled = op.input('filled', 'float32', ['tiles0', 1, 'keys0', 1]);
  const caches: (readonly [Value, Value])[] = [];
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
  return finish(builder, output, caches);
}

/** One token a row; `slot` is 1 at the place the token takes, masks say which slots it sees (itself included). */
export function decodeSegment({ spec, adapted, first, count }: Options): GenerationGraph {
  const indices = Array.from({ length: count }, (_, i) => first + i);
  const builder = blockBuilder(spec, adapted, indices);
  const { op } = builder;
  const slot = op.input('slot', 'float32', ['tokens', 1, 'slots', 1]);
  const masks = new Map(
    windowsOf(spec).map((window) => [
      window,
      op.input(`mask${window ?? ''}`, 'float32', ['tokens', 1, 1, 'slots']),
    ]),
  );
  const caches: (readonly [Value, Value])[] = [];
  const attend: BlockContext['attend'] = (q, k, v, layer) => {
    const { keys, values } = cacheInputs(caches.length);
    const own = layerSpec(spec, layer);
    const allKeys = extend(op, own, keys, k, slot);
    const allValues = extend(op, own, values, v, slot);
    caches.push([allKeys, allValues]);
    const tileQ = op.reshape(q, ['tokens', own.heads, 1, spec.headSize]);
    const sizes = { tiles: 'tokens', queries: 1, keys: 'slots' };
    const seen = attendTiles(
      op,
      own,
      { q: tileQ, k: allKeys, v: allValues },
      masks.get(layer.window)!,
      sizes,
    );
    return op.reshape(seen, ['tokens', own.heads * spec.headSize]);
  };
  const context = blockContext(builder, spec, attend);
  const input = op.input(names.input, 'float32', ['tokens', spec.hidden]);
  const output = indices.reduce<Value>((x, i) => decoderBlock(context, i, x), input);
  return finish(builder, output, caches);
}

/** The cache with the new token [tokens, kvHeads * size] in its slot. */
function extend(op: GraphBuilder, spec: DecoderSpec, name: string, token: Value, slot: Value): Value {
  const past = op.input(name, 'float32', ['tokens', spec.kvHeads, 'slots', spec.headSize]);
  const tile = op.reshape(token, ['tokens', spec.kvHeads, 1, spec.headSize]);
  return op.add(past, op.mul(slot, tile));
}
