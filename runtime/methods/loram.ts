/**
 * @file LoRAM (arXiv:2502.13533): trains on a pruned base, W^P, and uses the adapter on the original: its B rows and A columns of
 * pruned units are zero there, y = x (W0 + s B^R A^R)ᵀ.
 */
import { defineMethod } from './method.ts';
import { loramKeys, loramLayer } from './parts/loramLayer.ts';
import type { LoramOptions } from './parts/loramLayer.ts';
import { smallerBaseRequest } from './parts/smallerBaseKeys.ts';

export const loram = defineMethod<LoramOptions>({
  kind: 'loram',
  title: 'LoRAM',
  paper: 'arXiv:2502.13533',
  doc: 'Trains on a pruned copy of the base, then fits the adapter to the whole one.',
  formula: 'y = x (W^P)ᵀ + s (x Aᵀ) Bᵀ in training; zeros in the place of what was pruned afterwards',
  keys: loramKeys,
  ...loramLayer,
  smallerBase: (config) => smallerBaseRequest(config),
});
