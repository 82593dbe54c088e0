/** @file GPT-2: learned positions, LayerNorm with biases, one fused projection, weights stored [in, out] (Conv1D). */
import type { ConfigReader } from '../configReader.ts';
import type { BlockNames, DecoderSpec, LinearSpec } from '../decoder.ts';
import type { Family } from './family.ts';
import { limits, linear, readActivation } from './family.ts';

function conv1d(path: string, inputs: number, outputs: number): LinearSpec {
  return { path, inputs, outputs, bias: true, transposed: true };
}

function blockNames(layer: number, hidden: number, intermediate: number): BlockNames {
  const at = (name: string): string => `transformer.h.${layer}.${name}`;
  return {
    inputNorm: at('ln_1'),
    preMlpNorm: at('ln_2'),
    qkv: conv1d(at('attn.c_attn'), hidden, 3 * hidden),
    o: conv1d(at('attn.c_proj'), hidden, hidden),
    up: conv1d(at('mlp.c_fc'), hidden, intermediate),
    down: conv1d(at('mlp.c_proj'), intermediate, hidden),
  };
}

function describe(config: ConfigReader): DecoderSpec {
  if (config.flag('add_cross_attention', false))
    throw config.error('add_cross_attention', 'is true, which is not supported.');
  const hidden = config.count('n_embd', limits.hidden);
  const heads = config.count('n_head', limits.heads);
  if (hidden % heads !== 0)
    throw config.error('n_head', `is ${heads}, which does not divide n_embd (${hidden}).`);
  const vocab = config.count('vocab_size', limits.vocab);
  const layers = config.count('n_layer', limits.layers);
  const intermediate = config.count('n_inner', limits.intermediate, 4 * hidden);
  const byLayer = config.flag('scale_attn_by_inverse_layer_idx', false);
  return {
    modelType: 'gpt2',
    hidden,
    intermediate,
    heads,
    kvHeads: heads,
    headSize: hidden / heads,
    vocab,
    maxPositions: config.count('n_positions', limits.positions),
    layers: Array.from({ length: layers }, (_, layer) => (byLayer ? { scoreScale: 1 / (layer + 1) } : {})),
    ropes: [],
    tied: config.flag('tie_word_embeddings', true),
    norm: { kind: 'layer', eps: config.positive('layer_norm_epsilon', 1e-5), offset: 0 },
    normPlacement: 'pre',
    qkNorm: 'none',
    activation: readActivation(config, 'activation_function', 'gelu_new'),
    mlp: 'plain',
    attentionScale: config.flag('scale_attn_weights', true) ? (hidden / heads) ** -0.5 : 1,
    embeddingScale: 1,
    residualScale: 1,
    logitScale: 1,
    learnedPositions: true,
    names: {
      embedding: 'transformer.wte',
      positions: 'transformer.wpe',
      blocks: Array.from({ length: layers }, (_, layer) => blockNames(layer, hidden, intermediate)),
      finalNorm: 'transformer.ln_f',
      head: linear('lm_head', hidden, vocab),
    },
  };
}

export const gpt2: Family = { modelType: 'gpt2', references: ['gpt2'], describe };
