/** @file Llama 1 to 3 and what is built like it (SmolLM2, TinyLlama, Yi, ...). */
import type { Family, Traits } from './family.ts';
import { describeDecoder } from './family.ts';

export const llamaTraits = {
  modelType: 'llama',
  theta: 10_000,
  eps: 1e-6,
  tied: false,
  activation: { key: 'hidden_act', fallback: 'silu' },
  bias: { qkv: 'attention_bias', o: 'attention_bias', mlp: 'mlp_bias' },
  normPlacement: 'pre',
  normOffset: 0,
  qkNorm: 'none',
} as const satisfies Traits;

export const llama: Family = {
  modelType: 'llama',
  references: ['llama', 'llama3-rope', 'llama-linear', 'llama-yarn'],
  describe: (config) => describeDecoder(config, llamaTraits),
};
