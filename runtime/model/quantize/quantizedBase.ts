/** @file Bases whose frozen linears are kept in 4 bits: packed when they are read, expanded where a product needs them. */
import type { MemoryPolicy } from '../../contract/config.ts';
import { UserError } from '../../contract/errors.ts';
import type { Provider } from '../../graph/lower.ts';
import { elementCount } from '../adapted.ts';
import type { Base, DecoderSpec, WeightCodes } from '../decoder.ts';
import { blockLinears, blockTensors, mapLinears, specTensors } from '../specTensors.ts';
import type { NamedShape } from '../specTensors.ts';
import { packedBytes } from './codedWeight.ts';

/** The base as QLoRA trains on it: all block linears in codes; embedding, head, norms, biases and whatever reads tensors as before. */
export function quantizedBase(base: Base, codes: WeightCodes): Base {
  const { spec } = base;
  const blocks = spec.names.blocks.map((block) => mapLinears(block, (linear) => ({ ...linear, codes })));
  return { ...base, spec: { ...spec, names: { ...spec.names, blocks } } };
}

/** Codes by the names of the weights that are kept in them. */
function codedTensors(spec: DecoderSpec): Map<string, WeightCodes> {
  const linears = spec.layers.flatMap((_, index) => blockLinears(spec, index));
  return new Map(linears.flatMap(({ path, codes }) => (codes ? [[`${path}.weight`, codes] as const] : [])));
}

/** Whether some of the base's weights are kept in codes. */
export function isQuantized(spec: DecoderSpec): boolean {
  return codedTensors(spec).size > 0;
}

/** Refuses 4-bit bases where no kernel reads them, before graphs are made for the device. Throws `quantized-device`. */
export function requireCodes(spec: DecoderSpec, provider: Provider): void {
  if (provider === 'cpu' || !isQuantized(spec)) return;
  throw new UserError('quantized-device', `bases in 4 bits don't run on ${provider} yet.`, {
    hint: 'Use the device "cpu", or train on the base without quantisation.',
  });
}

/**
 * Bytes that the base's tensors take in memory once they are read: codes packed, everything else in single precision. Under `low` a
 * block's other tensors are read as they are needed (train/weights.ts), so that the largest block counts once.
 */
export function residentBytes(spec: DecoderSpec, policy: MemoryPolicy = 'balanced'): number {
  const coded = codedTensors(spec);
  const plain = (tensors: readonly NamedShape[]): number =>
    tensors.reduce((sum, { name, shape }) => sum + (coded.has(name) ? 0 : 4 * elementCount(shape)), 0);
  const all = specTensors(spec);
  const packed = all.reduce((sum, { name, shape }) => {
    const codes = coded.get(name);
    return sum + (codes ? packedBytes(elementCount(shape), codes) : 0);
  }, 0);
  if (policy !== 'low') return packed + plain(all);
  const blocks = spec.layers.map((_, index) => plain(blockTensors(spec, index)));
  const inBlocks = blocks.reduce((sum, bytes) => sum + bytes, 0);
  return packed + plain(all) - inBlocks + Math.max(0, ...blocks);
}
