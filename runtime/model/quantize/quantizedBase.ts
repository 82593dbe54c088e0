/** @file Bases whose frozen linears are kept in 4 bits: packed when they are read, expanded where a product needs them. */
import { elementCount } from '../adapted.ts';
import type { Base, BlockNames, DecoderSpec, LinearSpec } from '../decoder.ts';
import { blockLinears, specTensors } from '../specTensors.ts';
import { NF4_BLOCK } from './nf4.ts';

/** The description with the weights of all block linears in 4 bits; embedding, head, norms and biases stay as they are. */
function quantizedSpec(spec: DecoderSpec): DecoderSpec {
  const coded = (part: LinearSpec): LinearSpec => ({ ...part, codes: 'nf4' });
  const blocks = spec.names.blocks.map((block) => {
    const changed = (Object.keys(block) as (keyof BlockNames)[]).map((key) => {
      const part = block[key];
      return [key, typeof part === 'object' ? coded(part) : part] as const;
    });
    return { ...block, ...(Object.fromEntries(changed) as Partial<BlockNames>) };
  });
  return { ...spec, names: { ...spec.names, blocks } };
}

/** The base as QLoRA trains on it; its tensors are read as before. */
export function quantizedBase(base: Base): Base {
  return { ...base, spec: quantizedSpec(base.spec) };
}

/** Whether some of the base's weights are kept in codes. */
export function isQuantized(spec: DecoderSpec): boolean {
  return spec.layers.some((_, index) => blockLinears(spec, index).some(({ codes }) => codes !== undefined));
}

/** Bytes of n numbers in 4 bits, with their blocks' scales. */
const packedBytes = (n: number): number => Math.ceil(n / 2) + 4 * Math.ceil(n / NF4_BLOCK);

/** Bytes that the base's tensors take in memory once they are read: 4-bit linears packed, everything else in single precision. */
export function residentBytes(spec: DecoderSpec): number {
  const coded = new Set(
    spec.layers
      .flatMap((_, index) => blockLinears(spec, index))
      .filter(({ codes }) => codes !== undefined)
      .map(({ path }) => `${path}.weight`),
  );
  return specTensors(spec).reduce((sum, { name, shape }) => {
    const count = elementCount(shape);
    return sum + (coded.has(name) ? packedBytes(count) : 4 * count);
  }, 0);
}
