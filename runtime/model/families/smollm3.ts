/** @file SmolLM3: Llama with some layers, usually every fourth, that have no rotary positions. */
import type { ConfigReader } from '../configReader.ts';
import type { LayerKind } from '../decoder.ts';
import type { Family, Traits } from './family.ts';
import { describeDecoder, layersByType, limits, slidingWindow } from './family.ts';
import { llamaTraits } from './llama.ts';

/** `no_rope_layers` holds 1 for a layer with rope; without it every `no_rope_layer_interval`-th layer has none. */
function layers(config: ConfigReader, count: number): LayerKind[] {
  const interval = config.count('no_rope_layer_interval', limits.layers, 4);
  const listed = config.choices('no_rope_layers', count, [0, 1]);
  const turns = (layer: number): boolean => (listed ? listed[layer] === 1 : (layer + 1) % interval !== 0);
  const slides = config.flag('use_sliding_window', false);
  const window = slides ? slidingWindow(config) : undefined;
  const kinds = slides
    ? layersByType(config, count, window, (layer) => window !== undefined && !turns(layer))
    : Array.from({ length: count }, (): LayerKind => ({ rope: 0 }));
  return kinds.map(({ rope, ...rest }, layer) =>
    turns(layer) && rope !== undefined ? { ...rest, rope } : rest,
  );
}

const traits: Traits = {
  ...llamaTraits,
  modelType: 'smollm3',
  theta: 2_000_000,
  tied: true,
  kvHeads: 4,
  layers,
};

export const smollm3: Family = {
  modelType: 'smollm3',
  references: ['smollm3'],
  describe: (config) => describeDecoder(config, traits),
};
