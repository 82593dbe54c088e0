/**
 * @file 16-bit floats to float32 in bulk.
 * Own code: `Float16Array` is missing from Node 20, and bfloat16 exists nowhere in JavaScript.
 */

let table: Float32Array | undefined;

/** Value of an IEEE 754 binary16 bit pattern. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** float32 of every binary16 bit pattern, [65536]: one look-up a value instead of branches. */
export function halfTable(): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, bits) => halfValue(bits));
  return table;
}

/** Expands binary16 bit patterns into `into`, from `offset` on. */
export function expandHalf(bits: Uint16Array, into: Float32Array, offset = 0): void {
  const values = halfTable();
  for (let i = 0; i < bits.length; i++) into[offset + i] = values[bits[i]!]!;
}

/** Expands bfloat16 bit patterns (the upper half of a float32) into `into`, from `offset` on. */
export function expandBfloat16(bits: Uint16Array, into: Float32Array, offset = 0): void {
  const words = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < bits.length; i++) words[offset + i] = bits[i]! << 16;
}

/** Index of the first NaN or infinity, -1 when all values are finite. */
export function firstNonFinite(values: Float32Array): number {
  // x - x is 0 for finite x and NaN otherwise.
  for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! !== 0) return i;
  return -1;
}
