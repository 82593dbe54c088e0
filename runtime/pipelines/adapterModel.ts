/** @file The values of what is trained: at the start, from an adapter or by each tensor's own rule, and as named tensors. */
import { fillInitial } from '../methods/init.ts';
import { elementCount } from '../model/adapted.ts';
import type { TensorLookup } from '../model/peftAdapter.ts';
import type { Parameters } from '../train/parameters.ts';
import { hashKey, uniform } from '../train/random.ts';

/** Writes start values into the parameters: from `lookup` where it has them, else by the tensor's own rule and the seed. */
export async function startValues(
  all: readonly Parameters[],
  lookup: TensorLookup,
  seed: number,
): Promise<void> {
  for (const parameters of all)
    for (const vector of vectorsOf(parameters)) {
      const { size, entries } = parameters.layoutOf(vector);
      const data = new Float32Array(size);
      for (const { name, shape, offset, init } of entries) {
        const part = data.subarray(offset, offset + elementCount(shape));
        const known = lookup(name);
        if (known) part.set(known);
        else fillInitial(part, init, shape[1] ?? 1, uniform(hashKey('init', seed, name)));
      }
      await parameters.write(vector, data);
    }
}

/** The vectors an adapter consists of. */
export const vectorsOf = (parameters: Parameters): readonly ('values' | 'frozen')[] =>
  parameters.has('frozen') ? ['values', 'frozen'] : ['values'];

/** A vector of all segments as named tensors. */
export async function namedTensors(
  all: readonly Parameters[],
  vector: string,
): Promise<{ name: string; shape: readonly number[]; data: Float32Array }[]> {
  const tensors = [];
  for (const parameters of all) {
    const data = await parameters.read(vector);
    for (const { name, shape, offset } of parameters.layoutOf(vector).entries)
      tensors.push({ name, shape, data: data.subarray(offset, offset + elementCount(shape)) });
  }
  return tensors;
}
