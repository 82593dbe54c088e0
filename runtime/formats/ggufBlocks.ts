/**
 * @file GGUF's tensor types and how each becomes float32; the K types are in ggufKBlocks.ts.
 * Own code: no npm package expands them. Layouts: ggml-common.h of llama.cpp; values are those of the gguf package, bit for bit.
 * Scales have 11 significant bits and codes at most 8, so sums and products below are exact in double precision and round once,
 * when they are stored.
 */
import { expandBfloat16, expandHalf, halfTable } from './halfFloats.ts';
import { expandQ2K, expandQ3K, expandQ4K, expandQ5K, expandQ6K } from './ggufKBlocks.ts';

/** Expands `blocks` blocks that begin at the start of `bytes` into `out`, from `at` on. */
type Expand = (bytes: Uint8Array, blocks: number, out: Float32Array, at: number) => void;

export interface BlockType {
  readonly name: string;
  /** Values and bytes of a block. */
  readonly values: number;
  readonly bytes: number;
  readonly expand: Expand;
}

const half = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);
const words = (bytes: Uint8Array, count: number): Uint16Array =>
  new Uint16Array(bytes.buffer, bytes.byteOffset, count);

/** d, then 32 signed bytes: d q */
function expandQ80(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void {
  const floats = halfTable();
  const codes = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let b = 0, p = 0, o = at; b < blocks; b++, p += 34, o += 32) {
    const d = floats[half(bytes, p)]!;
    for (let i = 0; i < 32; i++) out[o + i] = d * codes[p + 2 + i]!;
  }
}

/** d, then 16 bytes: low nibbles are values 0-15, high nibbles 16-31; d (q - 8) */
function expandQ40(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void {
  const floats = halfTable();
  for (let b = 0, p = 0, o = at; b < blocks; b++, p += 18, o += 32) {
    const d = floats[half(bytes, p)]!;
    for (let i = 0; i < 16; i++) {
      const pair = bytes[p + 2 + i]!;
      out[o + i] = d * ((pair & 15) - 8);
      out[o + 16 + i] = d * ((pair >> 4) - 8);
    }
  }
}

/** d, m, then nibbles as in Q4_0: d q + m */
function expandQ41(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void {
  const floats = halfTable();
  for (let b = 0, p = 0, o = at; b < blocks; b++, p += 20, o += 32) {
    const d = floats[half(bytes, p)]!;
    const m = floats[half(bytes, p + 2)]!;
    for (let i = 0; i < 16; i++) {
      const pair = bytes[p + 4 + i]!;
      out[o + i] = d * (pair & 15) + m;
      out[o + 16 + i] = d * (pair >> 4) + m;
    }
  }
}

/** d, 32 fifth bits, nibbles: d (q - 16) */
function expandQ50(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void {
  const floats = halfTable();
  for (let b = 0, p = 0, o = at; b < blocks; b++, p += 22, o += 32) {
    const d = floats[half(bytes, p)]!;
    const high = half(bytes, p + 2) | (half(bytes, p + 4) << 16);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[p + 6 + i]!;
      out[o + i] = d * (((pair & 15) | (((high >>> i) & 1) << 4)) - 16);
      out[o + 16 + i] = d * (((pair >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16);
    }
  }
}

/** d, m, 32 fifth bits, nibbles: d q + m */
function expandQ51(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void {
  const floats = halfTable();
  for (let b = 0, p = 0, o = at; b < blocks; b++, p += 24, o += 32) {
    const d = floats[half(bytes, p)]!;
    const m = floats[half(bytes, p + 2)]!;
    const high = half(bytes, p + 4) | (half(bytes, p + 6) << 16);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[p + 8 + i]!;
      out[o + i] = d * ((pair & 15) | (((high >>> i) & 1) << 4)) + m;
      out[o + 16 + i] = d * ((pair >> 4) | (((high >>> (i + 16)) & 1) << 4)) + m;
    }
  }
}

/** The 16 levels of the IQ4 types. */
const levels = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

/** d, then nibbles as in Q4_0: d level[q] */
function expandIQ4NL(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void {
  const floats = halfTable();
  for (let b = 0, p = 0, o = at; b < blocks; b++, p += 18, o += 32) {
    const d = floats[half(bytes, p)]!;
    for (let i = 0; i < 16; i++) {
      const pair = bytes[p + 2 + i]!;
      out[o + i] = d * levels[pair & 15]!;
      out[o + 16 + i] = d * levels[pair >> 4]!;
    }
  }
}

/** d, 2 high scale bits and 4 low ones for each of 8 groups of 32, nibbles: d (s - 32) level[q] */
function expandIQ4XS(bytes: Uint8Array, blocks: number, out: Float32Array, at: number): void {
  const floats = halfTable();
  for (let b = 0, p = 0, o = at; b < blocks; b++, p += 136, o += 256) {
    const d = floats[half(bytes, p)]!;
    const high = half(bytes, p + 2);
    for (let group = 0; group < 8; group++) {
      const low = (bytes[p + 4 + (group >> 1)]! >> (4 * (group & 1))) & 15;
      const scale = d * ((low | (((high >> (2 * group)) & 3) << 4)) - 32);
      const from = p + 8 + 16 * group;
      const to = o + 32 * group;
      for (let i = 0; i < 16; i++) {
        out[to + i] = scale * levels[bytes[from + i]! & 15]!;
        out[to + 16 + i] = scale * levels[bytes[from + i]! >> 4]!;
      }
    }
  }
}

const block = (name: string, values: number, bytes: number, expand: Expand): BlockType => ({
  name,
  values,
  bytes,
  expand,
});

/** Supported types by their number in the file (`ggml_type`). */
export const blockTypes: ReadonlyMap<number, BlockType> = new Map([
  [
    0,
    block('F32', 1, 4, (bytes, n, out, at) => {
      out.set(new Float32Array(bytes.buffer, bytes.byteOffset, n), at);
    }),
  ],
  [
    1,
    block('F16', 1, 2, (bytes, n, out, at) => {
      expandHalf(words(bytes, n), out, at);
    }),
  ],
  [2, block('Q4_0', 32, 18, expandQ40)],
  [3, block('Q4_1', 32, 20, expandQ41)],
  [6, block('Q5_0', 32, 22, expandQ50)],
  [7, block('Q5_1', 32, 24, expandQ51)],
  [8, block('Q8_0', 32, 34, expandQ80)],
  [10, block('Q2_K', 256, 84, expandQ2K)],
  [11, block('Q3_K', 256, 110, expandQ3K)],
  [12, block('Q4_K', 256, 144, expandQ4K)],
  [13, block('Q5_K', 256, 176, expandQ5K)],
  [14, block('Q6_K', 256, 210, expandQ6K)],
  [20, block('IQ4_NL', 32, 18, expandIQ4NL)],
  [23, block('IQ4_XS', 256, 136, expandIQ4XS)],
  [
    30,
    block('BF16', 1, 2, (bytes, n, out, at) => {
      expandBfloat16(words(bytes, n), out, at);
    }),
  ],
]);

/** Names of the types that exist and are not read, for the message. */
export const otherTypes: ReadonlyMap<number, string> = new Map([
  [9, 'Q8_1'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
  [40, 'NVFP4'],
]);
