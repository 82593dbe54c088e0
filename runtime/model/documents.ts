/**
 * @file Blocks whose attention spans whole documents: an encoder's, where each token sees all others, and those of an
 * encoder-decoder, whose source and target tokens stand in one flat list (all sources, all targets, one token that pads).
 */
import { productDim } from '../graph/ir.ts';
import type { Dim, Value } from '../graph/ir.ts';
import type { GraphBuilder } from '../graph/ops.ts';
import { attend } from './attention.ts';
import type { AttentionInputs } from './attention.ts';
import { decoderBlock } from './block.ts';
import type { BlockContext, Memory } from './block.ts';
import type { DecoderSpec, Stream } from './decoder.ts';
import type { SegmentBuilder } from './segmentBuilder.ts';

/**
 * One attention: whose tokens ask, whose are asked (names of sizes), and what a query sees: all keys of its document, or those up
 * to itself.
 */
export interface DocumentAttention {
  readonly name: string;
  readonly queries: string;
  readonly keys: string;
  readonly causal: boolean;
}

/** The attention of an encoder, and the three of an encoder-decoder. */
export const documentAttentions = {
  all: { name: 'all', queries: 'tokens', keys: 'tokens', causal: false },
  source: { name: 'source', queries: 'sourceTokens', keys: 'sourceTokens', causal: false },
  target: { name: 'target', queries: 'targetTokens', keys: 'targetTokens', causal: true },
  cross: { name: 'cross', queries: 'targetTokens', keys: 'sourceTokens', causal: false },
} as const satisfies Record<string, DocumentAttention>;

/** Names of the inputs that move one stream's rows out of the flat list and back (`streamBatch.ts` fills them). */
export const streamInputs = (
  stream: Stream,
): Record<'rows' | 'places' | 'valid' | 'index' | 'own' | 'others', string> => ({
  rows: `${stream}.flatRows`,
  places: `${stream}.places`,
  valid: `${stream}.valid`,
  index: `${stream}.index`,
  own: `${stream}.own`,
  others: `${stream}.others`,
});

function documentInputs(
  op: GraphBuilder,
  { heads, kvHeads }: DecoderSpec,
  { name, queries: asking, keys: asked, causal }: DocumentAttention,
): AttentionInputs {
  const sizes = { tiles: `${name}Tiles`, queries: `${name}Queries`, keys: `${name}Keys` };
  const { tiles, queries, keys } = sizes;
  const group = {
    sizes,
    queries: op.input(`${name}.queries`, 'int32', [tiles, heads, queries]),
    keys: op.input(`${name}.keys`, 'int32', [tiles, kvHeads, keys]),
    querySlots: op.input(`${name}.querySlots`, 'int32', [productDim([heads, asking])]),
    keySlots: op.input(`${name}.keySlots`, 'int32', [productDim([kvHeads, asked])]),
    masks: new Map([
      [undefined, op.input(`${name}.mask`, 'float32', causal ? [1, 1, queries, keys] : [tiles, 1, 1, keys])],
    ]),
  };
  return {
    tokens: { queries: asking, keys: asked },
    groups: [group],
    slots: op.input(`${name}.slots`, 'int32', [productDim([heads, asking])]),
    rows: [op.input(`${name}.rows`, 'int32', [productDim([tiles, heads, queries])])],
  };
}

/** Bias of each pair of positions, [heads, Q, K]: the table's rows at the buckets of their distances. */
export function relativeBias(
  builder: SegmentBuilder,
  spec: DecoderSpec,
  stream: Stream,
  pairs: readonly Dim[],
): Value | undefined {
  const { op } = builder;
  const { relative, names, heads } = spec;
  if (!relative || !names.relative) return undefined;
  const table = builder.weight(`${names.relative[stream]}.weight`, [relative.buckets, heads]);
  const buckets = op.input(`${stream}.buckets`, 'int32', pairs);
  return op.gather(op.transpose(table, [1, 0]), buckets, 1);
}

type AttentionName = keyof typeof documentAttentions;
type Attend = (q: Value, k: Value, v: Value) => Value;

/** Declares one attention's inputs; the self-attentions of an encoder-decoder have biases by distance. */
function attention(builder: SegmentBuilder, spec: DecoderSpec, name: AttentionName): Attend {
  const bias =
    name === 'source' || name === 'target'
      ? relativeBias(builder, spec, name, [`${name}Queries`, `${name}Keys`])
      : undefined;
  const inputs = documentInputs(builder.op, spec, documentAttentions[name]);
  return (q, k, v) => attend(builder.op, spec, { q, k, v }, inputs, undefined, bias);
}

/** Made when first asked for: blocks of one segment share their inputs. */
function once<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key)!;
  };
}

/** The residual stream after the given blocks of an encoder or an encoder-decoder, [tokens, hidden] -> [tokens, hidden]. */
export function documentBlocks(
  builder: SegmentBuilder,
  context: Omit<BlockContext, 'attend'>,
  indices: readonly number[],
  input: Value,
): Value {
  const { spec } = context;
  const attends = once((name: AttentionName) => attention(builder, spec, name));
  if (spec.task === 'classification') {
    const all = { ...context, attend: attends('all') };
    return indices.reduce((x, i) => decoderBlock(all, i, x), input);
  }
  const moves = once((stream: Stream) => streamMoves(builder.op, stream));
  return indices.reduce((x, i) => {
    const stream = spec.layers[i]!.stream ?? 'target';
    const { take, put } = moves(stream);
    const own = { ...context, attend: attends(stream) };
    if (spec.names.blocks[i]!.cross === undefined) return put(x, decoderBlock(own, i, take(x)));
    const [source, attendSource] = [moves('source').take(x), attends('cross')];
    const memory: Memory = {
      attend: (q, { k, v }) => attendSource(q, context.linear(source, k), context.linear(source, v)),
    };
    return put(x, decoderBlock({ ...own, memory }, i, take(x)));
  }, input);
}

interface StreamMoves {
  /** A stream's rows, and the padding one: [tokens, hidden] -> [its tokens, hidden]. */
  readonly take: (x: Value) => Value;
  /** The flat list with a stream's rows replaced. */
  readonly put: (x: Value, rows: Value) => Value;
}

function streamMoves(op: GraphBuilder, stream: Stream): StreamMoves {
  const names = streamInputs(stream);
  const own: Dim = `${stream}Tokens`;
  const rows = op.input(names.rows, 'int32', [own]);
  const places = op.input(names.places, 'int32', ['tokens']);
  const valid = op.input(names.valid, 'float32', ['tokens', 1]);
  const index = op.input(names.index, 'int32', ['tokens']);
  const backOwn = op.input(names.own, 'int32', [own]);
  const backOthers = op.input(names.others, 'int32', ['tokens']);
  return {
    take: (x) => op.permute(x, rows, places, valid),
    put: (x, changed) => op.packRows([changed, x], index, [backOwn, backOthers]),
  };
}
