/** @file Gemma 2: scaled embedding, norms around each sub-layer with weights stored minus one, soft caps, every other layer slides. */
import type { ConfigReader } from '../configReader.ts';
import type { Family, Scales, Sizes, Traits } from './family.ts';
import { describeDecoder, layersByType, optionalPositive, slidingWindow } from './family.ts';

export const gemmaTraits = {
  modelType: 'gemma2',
  theta: 10_000,
  eps: 1e-6,
  tied: true,
  headSize: 256,
  kvHeads: 4,
  activation: { key: 'hidden_activation', fallback: 'gelu_pytorch_tanh' },
  bias: { qkv: 'attention_bias', o: 'attention_bias', mlp: false },
  normPlacement: 'both',
  normOffset: 1,
  qkNorm: 'none',
} as const satisfies Traits;

/** sqrt(hidden) on the embedding, attention scaled by a size that is given apart from the head's, a cap on the logits. */
export function gemmaScales(config: ConfigReader, sizes: Sizes, finalCap?: number): Partial<Scales> {
  const finalSoftcap = optionalPositive(config, 'final_logit_softcapping', finalCap);
  return {
    embeddingScale: Math.sqrt(sizes.hidden),
    attentionScale: config.positive('query_pre_attn_scalar', 256) ** -0.5,
    ...(finalSoftcap === undefined ? {} : { finalSoftcap }),
  };
}

const traits: Traits = {
  ...gemmaTraits,
  layers: (config, count) =>
    layersByType(config, count, slidingWindow(config, 4096), (layer) => layer % 2 === 0),
  scales: (config, sizes) => {
    const attentionSoftcap = optionalPositive(config, 'attn_logit_softcapping', 50);
    return {
      ...gemmaScales(config, sizes, 30),
      ...(attentionSoftcap === undefined ? {} : { attentionSoftcap }),
    };
  },
};

export const gemma2: Family = {
  modelType: 'gemma2',
  references: ['gemma2'],
  describe: (config) => describeDecoder(config, traits),
};
