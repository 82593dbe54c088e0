/**
 * @file Double quantisation (QLoRA, arXiv:2305.14314): the scales of 4-bit blocks in 8 bits each, as bitsandbytes does it. Less their
 * mean they go by blocks of 256, each by its largest magnitude, to the nearest of 256 values that are dense around zero.
 */

/** Scales that share a scale of their own. */
export const SCALE_BLOCK = 256;

/**
 * The published "dynamic" code of eight bits: for each of seven powers of ten from 1e-6 to 1, halfway values of 1, 2, 4, ... 64 equal
 * steps from 0.1 to 1, with both signs; and 0 and 1.
 */
function dynamicValues(): Float32Array {
  const values = [0, 1];
  for (let exponent = 0; exponent < 7; exponent++) {
    const steps = 2 ** exponent;
    for (let i = 0; i < steps; i++) {
      const value = 10 ** (exponent - 6) * (0.1 + (0.9 * (i + 0.5)) / steps);
      values.push(value, -value);
    }
  }
  return Float32Array.from(values).sort();
}

export const scaleValues = dynamicValues();

export interface PackedScales {
  /** A byte a scale, filled up to whole blocks. */
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  /** The mean, one number. */
  readonly offset: Float32Array;
}

/** Index of the value nearest to x. */
function nearest(x: number): number {
  let [low, high] = [0, scaleValues.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x > (scaleValues[middle]! + scaleValues[middle + 1]!) / 2) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function packScales(values: Float32Array): PackedScales {
  const blocks = Math.ceil(values.length / SCALE_BLOCK);
  const codes = new Uint8Array(blocks * SCALE_BLOCK);
  const scales = new Float32Array(blocks);
  const offset = Math.fround(values.reduce((sum, x) => sum + x, 0) / values.length);
  for (let block = 0; block < blocks; block++) {
    const part = values.subarray(block * SCALE_BLOCK, (block + 1) * SCALE_BLOCK).map((x) => x - offset);
    const largest = part.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    scales[block] = largest;
    for (const [i, x] of part.entries())
      codes[block * SCALE_BLOCK + i] = nearest(largest === 0 ? 0 : Math.fround(x / largest));
  }
  return { codes, scales, offset: Float32Array.of(offset) };
}

/** The scales that the codes stand for, in single precision. */
export function unpackScales({ codes, scales, offset }: PackedScales, count: number): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, i) => Math.fround(scaleValues[codes[i]!]! * scales[Math.floor(i / SCALE_BLOCK)]!) + offset[0]!,
  );
}
