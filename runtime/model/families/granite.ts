/** @file Granite 3: Llama with four multipliers, on embedding, attention, residual stream and logits. */
import type { Family, Traits } from './family.ts';
import { describeDecoder } from './family.ts';
import { llamaTraits } from './llama.ts';

const traits: Traits = {
  ...llamaTraits,
  modelType: 'granite',
  scales: (config) => ({
    embeddingScale: config.positive('embedding_multiplier', 1),
    attentionScale: config.positive('attention_multiplier', 1),
    residualScale: config.positive('residual_multiplier', 1),
    logitScale: 1 / config.positive('logits_scaling', 1),
  }),
};

export const granite: Family = {
  modelType: 'granite',
  references: ['granite'],
  describe: (config) => describeDecoder(config, traits),
};
