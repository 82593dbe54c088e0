/** @file SmolLM3: Llama with some layers, usually every fourth, that have no rotary positions. */
import type { ConfigReader } from '../configReader.ts';
import type { LayerKind } from '../decoder.ts';
import type { Family, Traits } from './family.ts';
import { describeDecoder, layersByType, limits, slidingWindow } from './family.ts';
import { llamaTraits } from './llama.ts';

/**
 * `no_rope_layers` holds 1 for a layer with rope, and may be longer than needed; without it every `no_rope_layer_interval`-th
 * layer has none. `layer_types` counts whatever `use_sliding_window` says: that only chooses what stands in its place.
 */
function layers(config: ConfigReader, count: number): LayerKind[] {
  const interval = config.count('no_rope_layer_interval', limits.layers, 4);
  const given = config.values['no_rope_layers'];
  const length = Array.isArray(given) ? Math.max(given.length, count) : count;
  const listed = config.choices('no_rope_layers', length, [0, 1]);
  const turns = (layer: number): boolean => (listed ? listed[layer] === 1 : (layer + 1) % interval !== 0);
  const window = slidingWindow(config);
  const slides = config.flag('use_sliding_window', false) && window !== undefined;
  const kinds = layersByType(config, count, window, (layer) => slides && !turns(layer));
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
