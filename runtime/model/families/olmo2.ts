/** @file OLMo 2: norms after the sub-layers instead of before, and over the whole of q and k. */
import type { Family, Traits } from './family.ts';
import { describeDecoder } from './family.ts';
import { llamaTraits } from './llama.ts';

const traits: Traits = {
  ...llamaTraits,
  modelType: 'olmo2',
  eps: 1e-5,
  bias: { qkv: 'attention_bias', o: 'attention_bias', mlp: false },
  normPlacement: 'post',
  qkNorm: 'full',
};

export const olmo2: Family = {
  modelType: 'olmo2',
  references: ['olmo2'],
  describe: (config) => describeDecoder(config, traits),
};
