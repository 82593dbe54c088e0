/** @file QLoRAM is LoRAM with the base in 4 bits: the codes are part of what it asks for. */
import { expect, it } from 'vitest';
import { loram } from '../../../runtime/methods/loram.ts';
import { qloram } from '../../../runtime/methods/qloram.ts';
import { runConfig } from '../../support/runConfig.ts';

it.each(['nf4', 'nf4-double'] as const)('asks for a base in %s', (quantize) => {
  const config = { ...runConfig('runs').method, kind: 'qloram', ratio: 0.5, prune: 'random', quantize };
  expect(qloram.smallerBase!(config)).toEqual({ ...loram.smallerBase!(config), quantization: quantize });
});

it('has all keys of LoRAM, and one more', () => {
  expect(Object.keys(qloram.keys)).toEqual([...Object.keys(loram.keys), 'quantize']);
  expect(qloram.paper).toBe(loram.paper);
});
