/** @file Whether a base can be pruned in a way at all: from its shapes alone, before anything is computed. */
import type { DecoderSpec } from '../decoder.ts';
import { blockLinears } from '../specTensors.ts';
import { wholeShapes } from './manifest.ts';
import type { PruneMethod } from './manifest.ts';
import { requireDecoder, unitCounts } from './select.ts';
import type { PruneRange } from './select.ts';
import { requirePattern } from './sparseGpt.ts';

/** Throws `prune-unsupported`, `prune-ratio`, `prune-layers`, `prune-empty` or `prune-pattern`. */
export function requirePrunable(spec: DecoderSpec, method: PruneMethod, range: PruneRange): void {
  if (!wholeShapes(method)) {
    unitCounts(spec, range);
    return;
  }
  requireDecoder(spec);
  for (const layer of spec.layers.keys())
    for (const linear of blockLinears(spec, layer)) requirePattern(linear, method);
}
