/**
 * @file NF4 (QLoRA, arXiv:2305.14314): each block of 64 numbers by its largest magnitude, each number by the nearest of sixteen
 * quantiles of a normal distribution. Layout of bitsandbytes: blocks run over the rows one after another, the first number of a
 * byte in its high bits.
 */

/** Numbers that share a scale. */
export const NF4_BLOCK = 64;

/** The code's values, as published with bitsandbytes. */
export const nf4Values: readonly number[] = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
  -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
  0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
];

/** Halfway between neighbours: above it the higher code is nearer. */
const middles = nf4Values.slice(1).map((value, i) => Math.fround((value + nf4Values[i]!) / 2));

export interface PackedNf4 {
  /** Two numbers a byte. */
  readonly codes: Uint8Array;
  /** Largest magnitude of each block. */
  readonly scales: Float32Array;
}

/** Index of the value nearest to x in [-1, 1], by halving. */
function nearest(x: number): number {
  let low = 0;
  for (let step = 8; step > 0; step >>= 1) if (x > middles[low + step - 1]!) low += step;
  return low;
}

export function packNf4(values: Float32Array): PackedNf4 {
  const codes = new Uint8Array(Math.ceil(values.length / 2));
  const scales = new Float32Array(Math.ceil(values.length / NF4_BLOCK));
  for (let block = 0; block < scales.length; block++) {
    const start = block * NF4_BLOCK;
    const end = Math.min(values.length, start + NF4_BLOCK);
    let largest = 0;
    for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(values[i]!));
    scales[block] = largest;
    const factor = largest === 0 ? 0 : Math.fround(1 / largest);
    for (let i = start; i < end; i++) {
      const code = nearest(Math.fround(values[i]! * factor));
      codes[i >> 1]! |= (i & 1) === 0 ? code << 4 : code;
    }
  }
  return { codes, scales };
}

/** The numbers that codes stand for: value times scale, in single precision. */
export function unpackNf4({ codes, scales }: PackedNf4, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    const byte = codes[i >> 1]!;
    return (
      Math.fround(nf4Values[(i & 1) === 0 ? byte >> 4 : byte & 15]!) * scales[Math.floor(i / NF4_BLOCK)]!
    );
  });
}
