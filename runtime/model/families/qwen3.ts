/** @file Qwen 3 (dense): Llama with a norm on each head of q and k, heads of 128 unless said otherwise. */
import type { Family, Traits } from './family.ts';
import { describeDecoder } from './family.ts';
import { llamaTraits } from './llama.ts';
import { qwenLayers } from './qwen2.ts';

const traits: Traits = {
  ...llamaTraits,
  modelType: 'qwen3',
  kvHeads: 32,
  headSize: 128,
  bias: { qkv: 'attention_bias', o: 'attention_bias', mlp: false },
  qkNorm: 'head',
  layers: qwenLayers,
};

export const qwen3: Family = {
  modelType: 'qwen3',
  references: ['qwen3'],
  describe: (config) => describeDecoder(config, traits),
};
