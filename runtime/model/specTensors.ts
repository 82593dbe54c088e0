/** @file The tensors a decoder description needs of its base, with their shapes. */
import type { DecoderSpec, LinearSpec } from './decoder.ts';
import { layerSpec } from './layerSpec.ts';

export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Weight, and bias where there is one. */
export function linearTensors({ path, inputs, outputs, bias, transposed }: LinearSpec): NamedShape[] {
  const weight = { name: `${path}.weight`, shape: transposed ? [inputs, outputs] : [outputs, inputs] };
  return bias ? [weight, { name: `${path}.bias`, shape: [outputs] }] : [weight];
}

/** Linears of one block in the order of the computation. */
export function blockLinears(spec: DecoderSpec, index: number): LinearSpec[] {
  const { q, k, v, qkv, o, gate, up, gateUp, down } = spec.names.blocks[index]!;
  return [q, k, v, qkv, o, gate, up, gateUp, down].filter((linear) => linear !== undefined);
}

function normTensors(spec: DecoderSpec, path: string | undefined, size: number): NamedShape[] {
  if (path === undefined) return [];
  const weight = { name: `${path}.weight`, shape: [size] };
  return spec.norm.kind === 'layer' ? [weight, { name: `${path}.bias`, shape: [size] }] : [weight];
}

/** Tensors of one block. */
export function blockTensors(spec: DecoderSpec, index: number): NamedShape[] {
  const block = spec.names.blocks[index]!;
  const { heads, kvHeads } = layerSpec(spec, spec.layers[index]!);
  const across = (count: number): number => (spec.qkNorm === 'full' ? count * spec.headSize : spec.headSize);
  return [
    ...blockLinears(spec, index).flatMap(linearTensors),
    ...normTensors(spec, block.inputNorm, spec.hidden),
    ...normTensors(spec, block.postAttentionNorm, spec.hidden),
    ...normTensors(spec, block.preMlpNorm, spec.hidden),
    ...normTensors(spec, block.postMlpNorm, spec.hidden),
    ...normTensors(spec, block.qNorm, across(heads)),
    ...normTensors(spec, block.kNorm, across(kvHeads)),
  ];
}

/** The final norm and the head, whose weight is listed even where it is the embedding's. */
export function headTensors(spec: DecoderSpec): NamedShape[] {
  const { finalNorm, head } = spec.names;
  return [...normTensors(spec, finalNorm, spec.hidden), ...linearTensors(head)];
}

/** All tensors that the file must hold; a tied head's weight is the embedding's and not listed. */
export function specTensors(spec: DecoderSpec): NamedShape[] {
  const { names, hidden, vocab } = spec;
  return [
    { name: `${names.embedding}.weight`, shape: [vocab, hidden] },
    ...(names.positions === undefined
      ? []
      : [{ name: `${names.positions}.weight`, shape: [spec.maxPositions, hidden] }]),
    ...names.blocks.flatMap((_, index) => blockTensors(spec, index)),
    ...normTensors(spec, names.finalNorm, hidden),
    ...(spec.tied ? [] : linearTensors(names.head)),
  ];
}
