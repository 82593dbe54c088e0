/** @file Phi-3 and Phi-4-mini: Llama with fused projections; only a part of each head may be rotated. */
import type { ConfigReader } from '../configReader.ts';
import { ropeFrom } from '../rope.ts';
import type { RopeContext, ScaledRope } from '../rope.ts';
import type { Family, Traits } from './family.ts';
import { describeDecoder, limits, ropeParameters, slidingWindow } from './family.ts';
import { llamaTraits } from './llama.ts';

/** Longrope under its older names "su" and "yarn" too; the original length is a key of the config's own. */
function ropes(config: ConfigReader, context: RopeContext): ScaledRope[] {
  const given = ropeParameters(config);
  const kind = given.text(given.has('rope_type') ? 'rope_type' : 'type', 'default');
  if (!['default', 'longrope', 'su', 'yarn'].includes(kind))
    throw given.error('rope_type', `is "${kind.slice(0, 40)}"; phi3 knows default and longrope.`);
  const original = config.count('original_max_position_embeddings', limits.positions, 4096);
  const values = {
    ...given.values,
    rope_type: kind === 'default' ? 'default' : 'longrope',
    original_max_position_embeddings: original,
  };
  return [ropeFrom(config.derive(values, 'rope_parameters.'), 10_000, context)];
}

const traits: Traits = {
  ...llamaTraits,
  modelType: 'phi3',
  eps: 1e-5,
  bias: { qkv: false, o: false, mlp: false },
  fused: true,
  partialRotary: true,
  ropes,
  layers: (config, count) => {
    const window = slidingWindow(config);
    const layer = window === undefined ? { rope: 0 } : { rope: 0, window };
    return Array.from({ length: count }, () => layer);
  },
};

export const phi3: Family = {
  modelType: 'phi3',
  references: ['phi3'],
  describe: (config) => describeDecoder(config, traits),
};
