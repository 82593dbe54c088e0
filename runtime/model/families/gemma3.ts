/** @file Gemma 3, text only: Gemma 2 with norms on q and k, five sliding layers to a full one, and a rope for each kind. */
import type { ConfigReader } from '../configReader.ts';
import type { LayerKind } from '../decoder.ts';
import { ropeFrom } from '../rope.ts';
import type { RopeContext, ScaledRope } from '../rope.ts';
import type { Family, Traits } from './family.ts';
import { describeDecoder, layersByType, limits, slidingWindow } from './family.ts';
import { gemmaScales, gemmaTraits } from './gemma2.ts';

/** Index of the ropes below. */
const full = 0;
const sliding = 1;

/**
 * `rope_parameters` by kind of layer, or the older `rope_theta` and `rope_local_base_freq`; `rope_scaling` is the full layers'
 * and wins over their `rope_parameters`.
 */
function ropes(config: ConfigReader, context: RopeContext): ScaledRope[] {
  const parameters = config.object('rope_parameters');
  const of = (kind: string, base: string, scaling?: ConfigReader): ConfigReader =>
    config.derive(
      { rope_theta: config.values[base], ...parameters?.object(kind)?.values, ...scaling?.values },
      `rope_parameters.${kind}.`,
    );
  const fullRope = of('full_attention', 'rope_theta', config.object('rope_scaling'));
  const slidingRope = of('sliding_attention', 'rope_local_base_freq');
  return [ropeFrom(fullRope, 1_000_000, context), ropeFrom(slidingRope, 10_000, context)];
}

function layers(config: ConfigReader, count: number): LayerKind[] {
  const pattern = config.count('sliding_window_pattern', limits.layers, 6);
  const kinds = layersByType(
    config,
    count,
    slidingWindow(config, 4096),
    (layer) => (layer + 1) % pattern !== 0,
  );
  return kinds.map((kind) => ({ ...kind, rope: kind.window === undefined ? full : sliding }));
}

const traits: Traits = {
  ...gemmaTraits,
  modelType: 'gemma3_text',
  qkNorm: 'head',
  ropes,
  layers,
  // transformers reads attn_logit_softcapping and doesn't use it
  scales: (config, sizes) => gemmaScales(config, sizes),
};

export const gemma3: Family = {
  modelType: 'gemma3_text',
  references: ['gemma3'],
  describe: (config) => describeDecoder(config, traits),
};
