/**
 * @file GGUF's K types: blocks of 256 values in groups of 16 or 32, whose scales are themselves quantised.
 * Layouts: ggml-common.h of llama.cpp (block_q2_K ... block_q6_K).
 */
import { halfTable } from './halfFloats.ts';

const half = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);

/** 16 bytes of scale (low nibble) and minimum (high nibble), 64 of codes, d, dmin: d s q - dmin m */
export function expandQ2K(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void {
  const floats = halfTable();
  for (let b = 0, p = 0, o = at; b < blocks; b++, p += 84, o += 256) {
    const d = floats[half(bytes, p + 80)]!;
    const dmin = floats[half(bytes, p + 82)]!;
    // 16 groups of 16 values; a byte holds the same place of four groups that are 32 values apart.
    for (let group = 0; group < 16; group++) {
      const scale = d * (bytes[p + group]! & 15);
      const minimum = dmin * (bytes[p + group]! >> 4);
      const from = p + 16 + 32 * (group >> 3) + 16 * (group & 1);
      const shift = 2 * ((group >> 1) & 3);
      const to = o + 16 * group;
      for (let i = 0; i < 16; i++) out[to + i] = scale * ((bytes[from + i]! >> shift) & 3) - minimum;
    }
  }
}

/** 32 bytes of third bits, 64 of codes, 12 of scales, d: d (s - 32) (q - 4, or q where the third bit is set) */
export function expandQ3K(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void {
  const floats = halfTable();
  for (let b = 0, p = 0, o = at; b < blocks; b++, p += 110, o += 256) {
    const d = floats[half(bytes, p + 108)]!;
    for (let group = 0; group < 16; group++) {
      const low = (bytes[p + 96 + (group & 7)]! >> (4 * (group >> 3))) & 15;
      const high = (bytes[p + 104 + (group & 3)]! >> (2 * (group >> 2))) & 3;
      const scale = d * ((low | (high << 4)) - 32);
      const side = 16 * (group & 1);
      const from = p + 32 + 32 * (group >> 3) + side;
      const shift = 2 * ((group >> 1) & 3);
      const bit = group >> 1;
      const to = o + 16 * group;
      for (let i = 0; i < 16; i++) {
        const third = (bytes[p + side + i]! >> bit) & 1;
        out[to + i] = scale * (((bytes[from + i]! >> shift) & 3) - 4 + 4 * third);
      }
    }
  }
}

/** Scale of group 0-7 out of 12 bytes at `at`: six bits, for the upper four groups split in four and two. */
function sixBitScale(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group]! & 63;
  return (bytes[at + 4 + group]! & 15) | ((bytes[at + group - 4]! >> 6) << 4);
}

/** Minimum of group 0-7, packed beside the scales. */
function sixBitMinimum(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + 4 + group]! & 63;
  return (bytes[at + 4 + group]! >> 4) | ((bytes[at + group]! >> 6) << 4);
}

/** d, dmin, 12 bytes of scales and minima, 128 of nibbles: d s q - dmin m over groups of 32 */
export function expandQ4K(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void {
  const floats = halfTable();
  for (let b = 0, p = 0, o = at; b < blocks; b++, p += 144, o += 256) {
    const d = floats[half(bytes, p)]!;
    const dmin = floats[half(bytes, p + 2)]!;
    for (let group = 0; group < 8; group++) {
      const scale = d * sixBitScale(bytes, p + 4, group);
      const minimum = dmin * sixBitMinimum(bytes, p + 4, group);
      const from = p + 16 + 32 * (group >> 1);
      const shift = 4 * (group & 1);
      const to = o + 32 * group;
      for (let i = 0; i < 32; i++) out[to + i] = scale * ((bytes[from + i]! >> shift) & 15) - minimum;
    }
  }
}

/** As Q4_K with 32 bytes of fifth bits before the nibbles; bit g belongs to group g. */
export function expandQ5K(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void {
  const floats = halfTable();
  for (let b = 0, p = 0, o = at; b < blocks; b++, p += 176, o += 256) {
    const d = floats[half(bytes, p)]!;
    const dmin = floats[half(bytes, p + 2)]!;
    for (let group = 0; group < 8; group++) {
      const scale = d * sixBitScale(bytes, p + 4, group);
      const minimum = dmin * sixBitMinimum(bytes, p + 4, group);
      const from = p + 48 + 32 * (group >> 1);
      const shift = 4 * (group & 1);
      const to = o + 32 * group;
      for (let i = 0; i < 32; i++) {
        const code = ((bytes[from + i]! >> shift) & 15) | (((bytes[p + 16 + i]! >> group) & 1) << 4);
        out[to + i] = scale * code - minimum;
      }
    }
  }
}

/** 128 bytes of low nibbles, 64 of high bit pairs, 16 signed scales, d: d s (q - 32) over groups of 16 */
export function expandQ6K(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void {
  const floats = halfTable();
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let b = 0, p = 0, o = at; b < blocks; b++, p += 210, o += 256) {
    const d = floats[half(bytes, p + 208)]!;
    for (let group = 0; group < 16; group++) {
      const scale = d * signed[p + 192 + group]!;
      // Runs of 32 values: run r of each half takes nibbles from byte 32 (r & 1), high bits at shift 2 r.
      const run = (group >> 1) & 3;
      const side = 16 * (group & 1);
      const low = p + 64 * (group >> 3) + 32 * (run & 1) + side;
      const high = p + 128 + 32 * (group >> 3) + side;
      const nibble = 4 * (run >> 1);
      const to = o + 16 * group;
      for (let i = 0; i < 16; i++) {
        const code = ((bytes[low + i]! >> nibble) & 15) | (((bytes[high + i]! >> (2 * run)) & 3) << 4);
        out[to + i] = scale * (code - 32);
      }
    }
  }
}
