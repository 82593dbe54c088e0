/** @file BERT with a classifier on top: an encoder with learned positions and token types, norms behind each sum, biases everywhere. */
import type { ConfigReader } from '../configReader.ts';
import type { BlockNames, DecoderSpec } from '../decoder.ts';
import type { Family } from './family.ts';
import { limits, linear, readActivation, readLabels } from './family.ts';

function blockNames(layer: number, hidden: number, intermediate: number): BlockNames {
  const at = (name: string): string => `bert.encoder.layer.${layer}.${name}`;
  return {
    q: linear(at('attention.self.query'), hidden, hidden, true),
    k: linear(at('attention.self.key'), hidden, hidden, true),
    v: linear(at('attention.self.value'), hidden, hidden, true),
    o: linear(at('attention.output.dense'), hidden, hidden, true),
    postAttentionNorm: at('attention.output.LayerNorm'),
    up: linear(at('intermediate.dense'), hidden, intermediate, true),
    down: linear(at('output.dense'), intermediate, hidden, true),
    postMlpNorm: at('output.LayerNorm'),
  };
}

/** What would make another model of it. Throws `base-config`. */
function refuseOthers(config: ConfigReader): void {
  for (const key of ['is_decoder', 'add_cross_attention'])
    if (config.flag(key, false))
      throw config.error(key, 'is true; BERT is supported as an encoder that classifies.');
  const positions = config.text('position_embedding_type', 'absolute');
  if (positions !== 'absolute')
    throw config.error(
      'position_embedding_type',
      `is "${positions.slice(0, 40)}"; only "absolute" is supported.`,
    );
  const problem = config.text('problem_type', 'single_label_classification');
  if (problem !== 'single_label_classification')
    throw config.error('problem_type', `is "${problem.slice(0, 40)}"; one class a row is supported.`);
}

function describe(config: ConfigReader): DecoderSpec {
  refuseOthers(config);
  const hidden = config.count('hidden_size', limits.hidden);
  const heads = config.count('num_attention_heads', limits.heads);
  if (hidden % heads !== 0)
    throw config.error(
      'num_attention_heads',
      `is ${heads}, which does not divide the hidden size ${hidden}.`,
    );
  const layers = config.count('num_hidden_layers', limits.layers);
  const intermediate = config.count('intermediate_size', limits.intermediate);
  const labels = readLabels(config);
  return {
    modelType: 'bert',
    task: 'classification',
    hidden,
    intermediate,
    heads,
    kvHeads: heads,
    headSize: hidden / heads,
    vocab: config.count('vocab_size', limits.vocab),
    maxPositions: config.count('max_position_embeddings', limits.positions),
    layers: Array.from({ length: layers }, () => ({})),
    ropes: [],
    tied: false,
    norm: { kind: 'layer', eps: config.positive('layer_norm_eps', 1e-12), offset: 0 },
    normPlacement: 'sum',
    qkNorm: 'none',
    activation: readActivation(config, 'hidden_act', 'gelu'),
    mlp: 'plain',
    attentionScale: (hidden / heads) ** -0.5,
    embeddingScale: 1,
    residualScale: 1,
    logitScale: 1,
    learnedPositions: true,
    tokenTypes: config.count('type_vocab_size', limits.tokenTypes, 2),
    labels,
    names: {
      embedding: 'bert.embeddings.word_embeddings',
      positions: 'bert.embeddings.position_embeddings',
      tokenTypes: 'bert.embeddings.token_type_embeddings',
      embeddingNorm: 'bert.embeddings.LayerNorm',
      blocks: Array.from({ length: layers }, (_, layer) => blockNames(layer, hidden, intermediate)),
      pooler: linear('bert.pooler.dense', hidden, hidden, true),
      head: linear('classifier', hidden, labels.length, true),
    },
  };
}

export const bert: Family = { modelType: 'bert', references: ['bert'], describe };
