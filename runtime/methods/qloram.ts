/** @file QLoRAM (arXiv:2502.13533): LoRAM whose pruned base is kept in 4 bits while it trains; the adapter goes onto the original. */
import type { SmallerBase } from './method.ts';
import { defineMethod } from './method.ts';
import { loramKeys, loramLayer } from './parts/loramLayer.ts';
import type { LoramOptions } from './parts/loramLayer.ts';
import { smallerBaseRequest } from './parts/smallerBaseKeys.ts';

export const qloram = defineMethod<LoramOptions>({
  kind: 'qloram',
  title: 'QLoRAM',
  paper: 'arXiv:2502.13533',
  doc: 'LoRAM with the pruned base in 4 bits while it trains.',
  formula:
    'y = x dequant(W^P in NF4)ᵀ + s (x Aᵀ) Bᵀ in training; zeros in the place of what was pruned afterwards',
  keys: {
    ...loramKeys,
    quantize: {
      type: 'string',
      default: 'nf4-double',
      oneOf: ['nf4', 'nf4-double'],
      doc: 'NF4 codes with a float32 scale for each 64 numbers, or with these scales in 8 bits too (4.13 bits a number).',
    },
  },
  ...loramLayer,
  smallerBase: (config) => smallerBaseRequest(config, config['quantize'] as SmallerBase['quantization']),
});
