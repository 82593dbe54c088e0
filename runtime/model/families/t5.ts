/**
 * @file T5 (and its 1.1 version, with a gated MLP and a head of its own): an encoder, and a decoder that attends to it; no positions but
 * a bias by distance on the scores, which have no scale.
 */
import type { ConfigReader } from '../configReader.ts';
import type { BlockNames, CrossNames, DecoderSpec, LinearSpec, Stream } from '../decoder.ts';
import type { Family } from './family.ts';
import { limits, linear, readActivation } from './family.ts';

interface Sizes {
  readonly hidden: number;
  readonly intermediate: number;
  /** heads x size, which need not be the hidden size. */
  readonly inner: number;
  readonly gated: boolean;
}

const coder: Readonly<Record<Stream, string>> = { source: 'encoder', target: 'decoder' };

function projections(path: string, { hidden, inner }: Sizes): Record<'q' | 'k' | 'v' | 'o', LinearSpec> {
  return {
    q: linear(`${path}.q`, hidden, inner),
    k: linear(`${path}.k`, hidden, inner),
    v: linear(`${path}.v`, hidden, inner),
    o: linear(`${path}.o`, inner, hidden),
  };
}

function blockNames(stream: Stream, layer: number, last: boolean, sizes: Sizes): BlockNames {
  const { hidden, intermediate, gated } = sizes;
  const at = (part: number, name: string): string => `${coder[stream]}.block.${layer}.layer.${part}.${name}`;
  const cross: CrossNames = { norm: at(1, 'layer_norm'), ...projections(at(1, 'EncDecAttention'), sizes) };
  const feeds = stream === 'source' ? 1 : 2;
  const mlp = (name: string): LinearSpec => linear(at(feeds, `DenseReluDense.${name}`), hidden, intermediate);
  return {
    inputNorm: at(0, 'layer_norm'),
    ...projections(at(0, 'SelfAttention'), sizes),
    ...(stream === 'target' && { cross }),
    preMlpNorm: at(feeds, 'layer_norm'),
    ...(gated ? { gate: mlp('wi_0'), up: mlp('wi_1') } : { up: mlp('wi') }),
    down: linear(at(feeds, 'DenseReluDense.wo'), intermediate, hidden),
    ...(stream === 'source' && last && { outputNorm: 'encoder.final_layer_norm' }),
  };
}

/** `feed_forward_proj`: "relu", "gated-gelu" (whose gelu is the tanh form), "gated-silu". */
function readFeedForward(config: ConfigReader): Pick<DecoderSpec, 'activation' | 'mlp'> {
  const written = config.text('feed_forward_proj', 'relu');
  const gated = written.startsWith('gated-');
  const name = written === 'gated-gelu' ? 'gelu_new' : written.replace(/^gated-/, '');
  const activation = readActivation(
    config.derive({ feed_forward_proj: name }, ''),
    'feed_forward_proj',
    'relu',
  );
  return { activation, mlp: gated ? 'gated' : 'plain' };
}

function readRelative(config: ConfigReader): NonNullable<DecoderSpec['relative']> {
  const buckets = config.count('relative_attention_num_buckets', limits.buckets, 32);
  const maxDistance = config.count('relative_attention_max_distance', limits.positions, 128);
  // a quarter of them is for single distances, and there must be one; the rest needs distances beyond half of them
  if (buckets < 4)
    throw config.error('relative_attention_num_buckets', `is ${buckets}; 4 or more were expected.`);
  if (maxDistance <= Math.floor(buckets / 2))
    throw config.error(
      'relative_attention_max_distance',
      `is ${maxDistance}; more than half the ${buckets} buckets was expected.`,
    );
  return { buckets, maxDistance };
}

function describe(config: ConfigReader): DecoderSpec {
  const hidden = config.count('d_model', limits.hidden);
  const heads = config.count('num_heads', limits.heads);
  const headSize = config.count('d_kv', limits.headSize, 64);
  const intermediate = config.count('d_ff', limits.intermediate);
  const encoder = config.count('num_layers', limits.layers);
  const decoder = config.count('num_decoder_layers', limits.layers, encoder);
  const vocab = config.count('vocab_size', limits.vocab);
  const { activation, mlp } = readFeedForward(config);
  const sizes = { hidden, intermediate, inner: heads * headSize, gated: mlp === 'gated' };
  const stack = (stream: Stream, count: number): BlockNames[] =>
    Array.from({ length: count }, (_, layer) => blockNames(stream, layer, layer === count - 1, sizes));
  const blocks = [...stack('source', encoder), ...stack('target', decoder)];
  // 1.1 is told by its untied head; transformers ties all the same unless the file has one
  const tied = config.flag('tie_word_embeddings', true);
  const scaled = config.flag('scale_decoder_outputs', tied);
  return {
    modelType: 't5',
    task: 'seq2seq',
    hidden,
    intermediate,
    heads,
    kvHeads: heads,
    headSize,
    vocab,
    // distances have no end: all beyond the largest bucket are alike
    maxPositions: limits.positions,
    layers: blocks.map((_, i) => ({ stream: i < encoder ? 'source' : 'target' })),
    ropes: [],
    tied: true,
    norm: { kind: 'rms', eps: config.positive('layer_norm_epsilon', 1e-6), offset: 0 },
    normPlacement: 'pre',
    qkNorm: 'none',
    activation,
    mlp,
    attentionScale: 1,
    embeddingScale: 1,
    residualScale: 1,
    logitScale: scaled ? hidden ** -0.5 : 1,
    learnedPositions: false,
    relative: readRelative(config),
    startToken: config.index('decoder_start_token_id', vocab, 0),
    names: {
      embedding: 'shared',
      relative: {
        source: 'encoder.block.0.layer.0.SelfAttention.relative_attention_bias',
        target: 'decoder.block.0.layer.0.SelfAttention.relative_attention_bias',
      },
      blocks,
      finalNorm: 'decoder.final_layer_norm',
      head: linear('lm_head', hidden, vocab),
    },
  };
}

export const t5: Family = { modelType: 't5', references: ['t5'], describe };
