/** @file The shapes of LoRAM's smaller base before anything is pruned: what estimates need. */
import { join } from 'node:path';
import type { SmallerBase } from '../methods/method.ts';
import { wholeLayers } from '../methods/parts/smallerBaseKeys.ts';
import type { Base, DecoderSpec } from '../model/decoder.ts';
import { manifestFile, readManifest, wholeShapes } from '../model/prune/manifest.ts';
import { prunedSpec } from '../model/prune/units.ts';
import { quantizedBase } from '../model/quantize/quantizedBase.ts';
import { randomPlan } from './pruneUnits.ts';

/**
 * What the smaller base will look like: counts follow from the ratio, whichever units it will be.
 * Throws what reading a manifest throws, or `prune-range` and its like where nothing could be pruned.
 */
export function smallerSpec(base: Base, smaller: SmallerBase): DecoderSpec {
  const { prune, ratio, quantization, pruned } = smaller;
  const layers = base.spec.layers.length;
  const { first, last } = wholeLayers(smaller, layers);
  const range = { ratio, start: first, end: layers - last };
  const plan =
    pruned !== undefined
      ? readManifest(join(pruned, manifestFile)).plan
      : wholeShapes(prune)
        ? new Map()
        : randomPlan(base, range, 0);
  const spec = prunedSpec(base.spec, plan);
  return quantization ? quantizedBase({ ...base, spec }, quantization).spec : spec;
}
