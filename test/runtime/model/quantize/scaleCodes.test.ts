/** @file Double quantisation: the published 256 values, and scales near what they were. */
import { expect, it } from 'vitest';
import {
  packScales,
  SCALE_BLOCK,
  scaleValues,
  unpackScales,
} from '../../../../runtime/model/quantize/scaleCodes.ts';
import { randomNumbers } from '../../../support/evaluate.ts';

it('has 256 ascending values: zero, one, and pairs that are denser towards zero', () => {
  expect(scaleValues).toHaveLength(256);
  for (let i = 1; i < 256; i++) expect(scaleValues[i]).toBeGreaterThan(scaleValues[i - 1]!);
  expect([scaleValues[127], scaleValues[255]]).toEqual([0, 1]);
  for (let i = 1; i <= 127; i++) expect(scaleValues[127 - i]).toBe(-scaleValues[127 + i]!);
  // as bitsandbytes tabulates them
  expect(scaleValues[0]).toBe(Math.fround(-0.99296875));
  expect(scaleValues[254]).toBe(Math.fround(0.99296875));
  expect(scaleValues[128]).toBe(Math.fround(5.5e-7));
});

it('gives each scale the nearest value times the largest of its block, plus the mean', () => {
  const values = randomNumbers(700, 'scales').map((x) => 2 + x);
  const packed = packScales(values);
  expect(packed.codes).toHaveLength(3 * SCALE_BLOCK);
  expect(packed.scales).toHaveLength(3);
  const found = unpackScales(packed, 700);
  const mean = values.reduce((sum, x) => sum + x, 0) / 700;
  expect(packed.offset[0]).toBeCloseTo(mean, 6);
  for (let i = 0; i < 700; i++) {
    const scale = packed.scales[Math.floor(i / SCALE_BLOCK)]!;
    const best = Math.min(...Array.from(scaleValues, (v) => Math.abs(v * scale + mean - values[i]!)));
    expect(Math.abs(found[i]! - values[i]!)).toBeLessThanOrEqual(best + 1e-6);
    expect(Math.abs(found[i]! / values[i]! - 1)).toBeLessThan(0.02);
  }
});

it('keeps equal scales as they are', () => {
  const packed = packScales(new Float32Array(5).fill(0.25));
  expect(unpackScales(packed, 5)).toEqual(new Float32Array(5).fill(0.25));
});
