/** @file Qwen 2 and 2.5: Llama with biases on q, k and v, and a window on the upper layers where it is switched on. */
import type { ConfigReader } from '../configReader.ts';
import type { LayerKind } from '../decoder.ts';
import type { Family, Traits } from './family.ts';
import { describeDecoder, layersByType, limits, slidingWindow } from './family.ts';
import { llamaTraits } from './llama.ts';

/** Without `layer_types`, layers from `max_window_layers` on slide; `use_sliding_window: false` overrules a given window. */
export function qwenLayers(config: ConfigReader, count: number): LayerKind[] {
  const window = config.flag('use_sliding_window', false) ? slidingWindow(config, 4096) : undefined;
  // 0 is a usual value: all layers slide
  const given = config.values['max_window_layers'];
  const first = given === 0 ? 0 : config.count('max_window_layers', limits.positions, 28);
  return layersByType(config, count, window, (layer) => window !== undefined && layer >= first);
}

const traits: Traits = {
  ...llamaTraits,
  modelType: 'qwen2',
  kvHeads: 32,
  bias: { qkv: true, o: false, mlp: false },
  layers: qwenLayers,
};

export const qwen2: Family = {
  modelType: 'qwen2',
  references: ['qwen2'],
  describe: (config) => describeDecoder(config, traits),
};
