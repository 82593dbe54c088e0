/** @file NF4: the nearest of sixteen values a block, in bitsandbytes' layout. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NF4_BLOCK, nf4Values, packNf4, unpackNf4 } from '../../../../runtime/model/quantize/nf4.ts';
import { randomNumbers } from '../../../support/evaluate.ts';

it('has sixteen ascending values from -1 to 1 with an exact zero', () => {
  expect(nf4Values).toHaveLength(16);
  expect([...nf4Values].sort((a, b) => a - b)).toEqual(nf4Values);
  expect([nf4Values[0], nf4Values[7], nf4Values[15]]).toEqual([-1, 0, 1]);
});

it('takes the nearest value times the largest magnitude of the block', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 150 }),
      (list) => {
        const values = Float32Array.from(list);
        const packed = packNf4(values);
        const found = unpackNf4(packed, values.length);
        for (let i = 0; i < values.length; i++) {
          const block = values.subarray(i - (i % NF4_BLOCK), i - (i % NF4_BLOCK) + NF4_BLOCK);
          const scale = block.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
          expect(packed.scales[Math.floor(i / NF4_BLOCK)]).toBe(scale);
          const best = Math.min(...nf4Values.map((value) => Math.abs(value * scale - values[i]!)));
          expect(Math.abs(found[i]! - values[i]!)).toBeLessThanOrEqual(best + 1e-6 * scale);
        }
      },
    ),
  );
});

it('LORAM-12: packing again what was unpacked gives the same codes', () => {
  const once = packNf4(randomNumbers(1000, 'once'));
  expect(packNf4(unpackNf4(once, 1000))).toEqual(once);
});

it('puts the first number of a byte into its high bits, and keeps blocks of zeros', () => {
  expect(packNf4(Float32Array.of(1, -1, 0)).codes).toEqual(Uint8Array.of(0xf0, 0x70));
  const zeros = packNf4(new Float32Array(65));
  expect(unpackNf4(zeros, 65)).toEqual(new Float32Array(65));
  expect(zeros.scales).toEqual(new Float32Array(2));
});
