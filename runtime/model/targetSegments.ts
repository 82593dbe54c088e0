/**
 * @file Graphs by which an encoder-decoder writes: one that makes keys and values of what its encoder gave, once for all tokens, and
 * one that adds a token to each target. Targets have caches of their own, as in generationSegments.ts.
 */
import { productDim } from '../graph/ir.ts';
import type { Value } from '../graph/ir.ts';
import { decoderBlock } from './block.ts';
import type { Memory } from './block.ts';
import type { LinearSpec } from './decoder.ts';
import { relativeBias } from './documents.ts';
import { attendCache, attendSlots, cacheGraph, generationGraph } from './generationSegments.ts';
import type { Cache, CacheGraph, GenerationGraph, GroupOptions } from './generationSegments.ts';
import { names } from './segmentBuilder.ts';
import { blockBuilder, blockContext } from './segments.ts';

/** Graph inputs that hold the keys and values of sources for the i-th target block of a group. */
export const memoryInputs = (i: number): { keys: string; values: string } => ({
  keys: `keys${i}.memory`,
  values: `values${i}.memory`,
});

/** The blocks of a group that write; none where it belongs to the encoder. */
export const targetBlocks = ({ spec, first, count }: Omit<GroupOptions, 'adapted'>): number[] =>
  Array.from({ length: count }, (_, i) => first + i).filter((i) => spec.layers[i]!.stream !== 'source');

/** Its parameters stand in one vector, those of encoder blocks too. */
const groupBuilder = ({ spec, adapted, first, count }: GroupOptions): ReturnType<typeof blockBuilder> =>
  blockBuilder(
    spec,
    adapted,
    Array.from({ length: count }, (_, i) => first + i),
  );

/**
 * Residual stream behind the encoder [memoryTokens, hidden] -> keys and values of each target block [tokens, kvHeads, memorySlots,
 * size]; `memoryRows` has the stream's row for each slot of each source.
 */
export function memorySegment(options: GroupOptions): CacheGraph {
  const { spec } = options;
  const builder = groupBuilder(options);
  const { op } = builder;
  const x = op.input(names.input, 'float32', ['memoryTokens', spec.hidden]);
  const rows = op.input('memoryRows', 'int64', ['tokens', 'memorySlots']);
  const source = op.reshape(op.gather(x, rows), [productDim(rows.shape), spec.hidden]);
  const tile = (linear: LinearSpec): Value =>
    op.transpose(
      op.reshape(builder.linear(source, linear), [...rows.shape, spec.kvHeads, spec.headSize]),
      [0, 2, 1, 3],
    );
  const caches = targetBlocks(options).map((i): Cache => {
    const { k, v } = spec.names.blocks[i]!.cross!;
    return [tile(k), tile(v)];
  });
  return cacheGraph(builder, [], caches);
}

/** One token a target; `memoryMask` is 0 where a slot holds a token of the source. */
export function targetSegment(options: GroupOptions): GenerationGraph {
  const { spec } = options;
  const builder = groupBuilder(options);
  const { op } = builder;
  const caches: Cache[] = [];
  const mask = op.input('memoryMask', 'float32', ['tokens', 1, 1, 'memorySlots']);
  const memory = ({ keys, values }: ReturnType<typeof memoryInputs>): Memory => ({
    attend: (q) => {
      const cache = [keys, values].map((name) =>
        op.input(name, 'float32', ['tokens', spec.kvHeads, 'memorySlots', spec.headSize]),
      );
      return attendSlots(op, spec, q, [cache[0]!, cache[1]!], mask, 'memorySlots');
    },
  });
  const bias = relativeBias(builder, spec, 'target', [1, 'slots']);
  const context = blockContext(builder, spec, attendCache(op, spec, caches, bias));
  const input = op.input(names.input, 'float32', ['tokens', spec.hidden]);
  const output = targetBlocks(options).reduce<Value>(
    (x, block, i) => decoderBlock({ ...context, memory: memory(memoryInputs(i)) }, block, x),
    input,
  );
  return generationGraph(builder, output, caches);
}
