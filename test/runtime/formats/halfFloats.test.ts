/** @file 16-bit floats against the runtime's own views, every bit pattern. */
import { expect, test } from 'vitest';
import {
  expandBfloat16,
  expandHalf,
  firstNonFinite,
  halfTable,
} from '../../../runtime/formats/halfFloats.ts';

const patterns = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
const isNaNHalf = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;

test('binary16: all 65,536 patterns as the platform reads them', () => {
  const view = new DataView(new ArrayBuffer(2));
  const wrong = patterns.filter((bits) => {
    view.setUint16(0, bits);
    return !Object.is(
      halfTable()[bits],
      (view as DataView & { getFloat16(at: number): number }).getFloat16(0),
    );
  });
  expect([...wrong]).toEqual([]);
  const out = new Float32Array(65538).fill(7);
  expandHalf(patterns, out, 1);
  expect([out[0], out.at(-1)]).toEqual([7, 7]);
  expect(patterns.findIndex((bits) => !isNaNHalf(bits) && out[bits + 1] !== halfTable()[bits])).toBe(-1);
});

test('bfloat16 is the upper half of a float32', () => {
  const out = new Float32Array(65538).fill(7);
  expandBfloat16(patterns, out, 1);
  const words = new Uint32Array(out.buffer);
  expect(patterns.findIndex((bits) => words[bits + 1] !== bits * 65536)).toBe(-1);
  expect([out[0], out.at(-1)]).toEqual([7, 7]);
});

test('the first NaN or infinity is found', () => {
  expect(firstNonFinite(Float32Array.of(1, -0, 3e38, 1e-45))).toBe(-1);
  expect(firstNonFinite(Float32Array.of(1, NaN, Infinity))).toBe(1);
  expect(firstNonFinite(Float32Array.of(-Infinity))).toBe(0);
  expect(firstNonFinite(new Float32Array(0))).toBe(-1);
});
