/** @file A frozen weight in 4 bits: what is kept of it, and how a graph makes numbers of that again. */
import type { Value } from '../../graph/ir.ts';
import type { Op } from '../../graph/ops.ts';
import { elementCount } from '../adapted.ts';
import type { WeightCodes } from '../decoder.ts';
import { NF4_BLOCK, packNf4, unpackNf4 } from './nf4.ts';
import { packScales, SCALE_BLOCK, scaleValues, unpackScales } from './scaleCodes.ts';

/** Arrays by what follows the graph input's name. */
export type PackedWeight = Readonly<Record<string, Uint8Array | Float32Array>>;

export function packWeight(values: Float32Array, codes: WeightCodes): PackedWeight {
  const packed = packNf4(values);
  if (codes === 'nf4') return { codes: packed.codes, scales: packed.scales };
  const double = packScales(packed.scales);
  return {
    codes: packed.codes,
    scaleCodes: double.codes,
    scaleScales: double.scales,
    scaleOffset: double.offset,
  };
}

/** The numbers that training sees in place of `values`. */
export function roundedWeight(values: Float32Array, codes: WeightCodes): Float32Array {
  const packed = packNf4(values);
  const scales =
    codes === 'nf4' ? packed.scales : unpackScales(packScales(packed.scales), packed.scales.length);
  return unpackNf4({ codes: packed.codes, scales }, values.length);
}

/** Bytes that `packWeight` keeps of so many numbers. */
export function packedBytes(count: number, codes: WeightCodes): number {
  const blocks = Math.ceil(count / NF4_BLOCK);
  const groups = Math.ceil(blocks / SCALE_BLOCK);
  return Math.ceil(count / 2) + (codes === 'nf4' ? 4 * blocks : SCALE_BLOCK * groups + 4 * groups + 4);
}

/** Declares the inputs that hold the packed weight, and expands them to `shape`. */
export function codedWeight(op: Op, input: string, shape: readonly number[], codes: WeightCodes): Value {
  const count = elementCount(shape);
  const blocks = Math.ceil(count / NF4_BLOCK);
  const numbers = op.input(`${input}.codes`, 'uint8', [Math.ceil(count / 2)]);
  const scales =
    codes === 'nf4' ? op.input(`${input}.scales`, 'float32', [blocks]) : codedScales(op, input, blocks);
  return op.dequantize(numbers, scales, shape, NF4_BLOCK);
}

/** value[code] times the block's scale, plus the mean. */
function codedScales(op: Op, input: string, count: number): Value {
  const groups = Math.ceil(count / SCALE_BLOCK);
  const codes = op.input(`${input}.scaleCodes`, 'uint8', [groups * SCALE_BLOCK]);
  const scales = op.input(`${input}.scaleScales`, 'float32', [groups]);
  const offset = op.input(`${input}.scaleOffset`, 'float32', [1]);
  const values = op.gather(op.constant(scaleValues, [scaleValues.length]), op.cast(codes, 'int32'));
  const scaled = op.mul(op.reshape(values, [groups, SCALE_BLOCK]), op.reshape(scales, [groups, 1]));
  return op.slice(op.reshape(op.add(scaled, offset), [groups * SCALE_BLOCK]), 0, 0, count);
}
