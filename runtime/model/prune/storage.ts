/** @file What training on a smaller base saves: as the literature counts it, and in bytes that are really held. */
import type { DecoderSpec } from '../decoder.ts';
import { blockLinears } from '../specTensors.ts';
import { isQuantized, residentBytes } from '../quantize/quantizedBase.ts';
import { nominalStorage, parameterCount, sparseParameterCount } from './counts.ts';

export interface StorageReport {
  /** Numbers of the original, and of the base that is trained on; zeros of a masked base don't count. */
  readonly parameters: { readonly original: number; readonly trained: number };
  /** The paper's reduction and bytes: 16 bits a parameter, 4 for every one of a quantised base. */
  readonly nominal: { readonly reduction: number; readonly bytes: number };
  /** Bytes in memory here, where a mask's zeros take as much as other numbers, and embeddings stay in single precision. */
  readonly held: { readonly original: number; readonly trained: number };
}

/** `zeros`: share of the block linears' weights that a mask removed. Throws `prune-ratio`. */
export function storageReport(original: DecoderSpec, trained: DecoderSpec, zeros = 0): StorageReport {
  const parameters = {
    original: parameterCount(original),
    trained: sparseParameterCount(trained, zeros),
  };
  const { loram, qloram } = nominalStorage(parameters.original, parameters.trained);
  const { reduction, bytes } = isQuantized(trained) ? qloram : loram;
  return {
    parameters,
    nominal: { reduction, bytes },
    held: { original: residentBytes(original), trained: residentBytes(trained) },
  };
}

/** By path of a block's linear: the share of its weights that stayed. `zeros` as above. */
export function keptShares(original: DecoderSpec, trained: DecoderSpec, zeros = 0): Map<string, number> {
  const shares = new Map<string, number>();
  original.layers.forEach((_, layer) => {
    const left = new Map(blockLinears(trained, layer).map((linear) => [linear.path, linear]));
    for (const { path, inputs, outputs } of blockLinears(original, layer)) {
      const kept = left.get(path)!;
      shares.set(path, ((kept.inputs * kept.outputs) / (inputs * outputs)) * (1 - zeros));
    }
  });
  return shares;
}
