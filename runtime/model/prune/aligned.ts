/** @file What continued training of a pruned base changes, so that it resembles the original again (LoRAM's alignment). */
import type { DecoderSpec } from '../decoder.ts';
import { blockTensors, headTensors, specTensors } from '../specTensors.ts';

/**
 * Tensors that the alignment trains as a whole: everything but the head, as the reference does. A head that reads the embedding's
 * table would change with it, so tied tables stay as they are.
 */
export function alignedTensors(spec: DecoderSpec): Set<string> {
  const { names, tied } = spec;
  const head = headTensors(spec).filter(({ name }) => name.startsWith(`${names.head.path}.`));
  const left = new Set([...head.map(({ name }) => name), ...(tied ? [`${names.embedding}.weight`] : [])]);
  const blocks = spec.layers.flatMap((_, index) => blockTensors(spec, index));
  const all = new Set([...blocks, ...specTensors(spec)].map(({ name }) => name));
  return new Set([...all].filter((name) => !left.has(name)));
}
