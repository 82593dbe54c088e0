/** @file The tensors a decoder description needs of its base, with their shapes. */
import type { BlockNames, DecoderSpec, LinearSpec } from './decoder.ts';
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
  const { q, k, v, qkv, o, cross, gate, up, gateUp, down } = spec.names.blocks[index]!;
  const second = cross && [cross.q, cross.k, cross.v, cross.o];
  return [q, k, v, qkv, o, ...(second ?? []), gate, up, gateUp, down].filter(
    (linear) => linear !== undefined,
  );
}

/** The block with each of its linears replaced by `change` of it. */
export function mapLinears(
  { q, k, v, qkv, o, cross, gate, up, gateUp, down, ...norms }: BlockNames,
  change: (linear: LinearSpec) => LinearSpec,
): BlockNames {
  return {
    ...norms,
    ...(q && { q: change(q) }),
    ...(k && { k: change(k) }),
    ...(v && { v: change(v) }),
    ...(qkv && { qkv: change(qkv) }),
    o: change(o),
    ...(cross && {
      cross: { ...cross, q: change(cross.q), k: change(cross.k), v: change(cross.v), o: change(cross.o) },
    }),
    ...(gate && { gate: change(gate) }),
    ...(up && { up: change(up) }),
    ...(gateUp && { gateUp: change(gateUp) }),
    down: change(down),
  };
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
    ...normTensors(spec, block.cross?.norm, spec.hidden),
    ...normTensors(spec, block.outputNorm, spec.hidden),
  ];
}

/** Linears behind the blocks, the head last. */
export function headLinears({ names: { pooler, head } }: DecoderSpec): LinearSpec[] {
  return pooler ? [pooler, head] : [head];
}

/** The final norm, the pooler and the head, whose weight is listed even where it is the embedding's. */
export function headTensors(spec: DecoderSpec): NamedShape[] {
  return [
    ...normTensors(spec, spec.names.finalNorm, spec.hidden),
    ...headLinears(spec).flatMap(linearTensors),
  ];
}

/** Modules that no adapter trains: each block of a stream reads its table of distances, and their gradients would have to be summed. */
export const untrainable = ({ names: { relative } }: DecoderSpec): readonly string[] =>
  relative ? Object.values(relative) : [];

/** Tables of tokens, positions and token types, the norm over their sum, and biases of distances. */
export function embeddingTensors(spec: DecoderSpec): NamedShape[] {
  const { names, hidden, vocab, maxPositions, tokenTypes = 0, relative, heads } = spec;
  const tables = [
    [names.embedding, vocab, hidden],
    [names.positions, maxPositions, hidden],
    [names.tokenTypes, tokenTypes, hidden],
    [names.relative?.source, relative?.buckets ?? 0, heads],
    [names.relative?.target, relative?.buckets ?? 0, heads],
  ] as const;
  return [
    ...tables.flatMap(([path, rows, width]) =>
      path === undefined ? [] : [{ name: `${path}.weight`, shape: [rows, width] }],
    ),
    ...normTensors(spec, names.embeddingNorm, hidden),
  ];
}

/** All tensors that the file must hold; a tied head's weight is the embedding's and not listed. */
export function specTensors(spec: DecoderSpec): NamedShape[] {
  const { names, tied } = spec;
  const shared = tied ? `${names.head.path}.weight` : undefined;
  return [
    ...embeddingTensors(spec),
    ...names.blocks.flatMap((_, index) => blockTensors(spec, index)),
    ...headTensors(spec).filter(({ name }) => name !== shared),
  ];
}
