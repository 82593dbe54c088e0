/** @file Mistral: Llama without biases, every layer looking back a window. */
import type { Family, Traits } from './family.ts';
import { describeDecoder, slidingWindow } from './family.ts';
import { llamaTraits } from './llama.ts';

const traits: Traits = {
  ...llamaTraits,
  modelType: 'mistral',
  kvHeads: 8,
  bias: { qkv: false, o: false, mlp: false },
  layers: (config, count) => {
    const window = slidingWindow(config, 4096);
    const layer = window === undefined ? { rope: 0 } : { rope: 0, window };
    return Array.from({ length: count }, () => layer);
  },
};

export const mistral: Family = {
  modelType: 'mistral',
  references: ['mistral'],
  describe: (config) => describeDecoder(config, traits),
};
