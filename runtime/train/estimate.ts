/** @file Memory of a run from shapes alone: the same graphs that will run, sized for the largest micro-batch, never compiled. */
import type { MemoryPolicy, TrainingConfig } from '../contract/config.ts';
import { inputsOf } from '../graph/ir.ts';
import type { ElementType, Graph, Value } from '../graph/ir.ts';
import { concreteShape } from '../graph/sizes.ts';
import type { Sizes } from '../graph/sizes.ts';
import { addNumbers, layerNumbers, noNumbers } from '../methods/layerNumbers.ts';
import type { LayerNumbers } from '../methods/layerNumbers.ts';
import { elementCount, linearsOf } from '../model/adapted.ts';
import type { Adapted } from '../model/adapted.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import { layerSpec } from '../model/layerSpec.ts';
import { blockSegment, embeddingSegment, headSegment } from '../model/segments.ts';
import { residentBytes } from '../model/quantize/quantizedBase.ts';
import { blockLinears, blockTensors, specTensors } from '../model/specTensors.ts';
import { documentSizes } from './documentSizes.ts';
import { planGroups } from './layout.ts';

/** Bytes by what they are for. */
export interface MemoryEstimate {
  /** Frozen weights as float32. */
  readonly weights: number;
  /** Forward values kept for the backward pass. */
  readonly activations: number;
  /** The largest graph's values while it runs, what the C heap keeps of earlier ones, and caches of sampled answers. */
  readonly working: number;
  /** Trained values, gradient and optimiser state, and what of the adapter is frozen, each in two homes. */
  readonly adapter: number;
  /** The process before anything is loaded, and compiled graphs. */
  readonly process: number;
  readonly total: number;
}

export interface EstimateOptions {
  readonly spec: DecoderSpec;
  readonly adapted: Adapted;
  readonly policy: MemoryPolicy;
  /** Token counts of the rows of the largest micro-batch. */
  readonly lengths: readonly number[];
  readonly headRows: number;
  /** Share of the tokens that are trained: what an encoder-decoder writes of a row. */
  readonly labelled?: number;
  /** Vectors that the optimiser keeps a trained number. */
  readonly stateVectors: number;
  /** Held-out rows that are answered between steps. */
  readonly samples: number;
}

/** Key-value caches of one batch of answers take no more: longer batches are cut into several. */
export const LARGEST_CACHES = 256e6;

/** Bytes of the caches a token: keys and values of all blocks, in the two homes between which decoding alternates. */
export const cacheBytesPerToken = (spec: DecoderSpec): number =>
  spec.layers.reduce((sum, layer) => sum + layerSpec(spec, layer).kvHeads * spec.headSize * 4 * 2 * 2, 0);

/** Labelled rows whose logits exist at once: 128 x 49,152 numbers are 25 MB, and the product is at its full speed. */
export const HEAD_ROWS = 128;

const bytesOf: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
  float16: 2,
};

/** Node with ONNX Runtime loaded, and compiled graphs: measured, 135 MB + 2 MB a graph. */
const PROCESS_BYTES = 170e6;
/**
 * Bytes beside the kept tensors when the largest graph needs `live` of them at once. Kernels hold copies for a while, and the C heap
 * keeps what was freed, in pieces: measured on two bases, five mixes of lengths and all policies, the total within 9 %.
 */
const workingFrom = (live: number): number => 2 * live + Math.min(6 * live, 300e6);

function valueBytes({ type, shape }: Value, sizes: Sizes): number {
  return elementCount(concreteShape(shape, sizes)) * bytesOf[type];
}

/** Largest sum of the values that exist at the same time while a graph runs, its inputs and outputs left out. */
export function workingBytes(graph: Graph, sizes: Sizes): number {
  const lastUse = new Map<Value, number>();
  graph.nodes.forEach((node, i) => {
    for (const value of inputsOf(node)) lastUse.set(value, i);
  });
  const outputs = new Set(graph.outputs);
  // a reshape is a view of what it reads
  const own = (value: Value): boolean =>
    value.producer !== undefined && value.producer.op !== 'Reshape' && !outputs.has(value);
  const inside = new Set(graph.nodes.map(({ output }) => output).filter(own));
  let [live, most] = [0, 0];
  graph.nodes.forEach((node, i) => {
    if (inside.has(node.output)) live += valueBytes(node.output, sizes);
    most = Math.max(most, live);
    for (const value of new Set(inputsOf(node)))
      if (lastUse.get(value) === i && inside.has(value)) live -= valueBytes(value, sizes);
  });
  return most;
}

function outputBytes(graph: Graph, sizes: Sizes): number {
  return graph.outputs.reduce((sum, value) => sum + valueBytes(value, sizes), 0);
}

/** Named sizes of a micro-batch with these rows. */
export function sizesOf(
  spec: DecoderSpec,
  lengths: readonly number[],
  headRows: number,
  labelled = 0.5,
): { sizes: Sizes; groups: number } {
  if (spec.task !== undefined) {
    const share = spec.task === 'seq2seq' ? labelled : 0;
    const rows = lengths.map((n) => ({ source: n - Math.round(n * share), target: Math.round(n * share) }));
    return { sizes: { ...documentSizes(spec.task, rows), labelled: headRows }, groups: 1 };
  }
  const { chunk, count } = planGroups(lengths);
  const sizes: Record<string, number> = {
    tokens: lengths.reduce((sum, n) => sum + n, 1),
    labelled: headRows,
    rows: lengths.length,
    positionsKnown: spec.maxPositions,
  };
  for (let g = 0; g < count; g++) {
    sizes[`tiles${g}`] = lengths.filter((n) => n > g * chunk).length;
    sizes[`queries${g}`] = chunk;
    sizes[`keys${g}`] = (g + 1) * chunk;
  }
  return { sizes, groups: count };
}

/** What tells one block's graphs from another's: most blocks of a base are alike, and an editor asks at each pause in typing. */
function blockKey(spec: DecoderSpec, adapted: Adapted, index: number): string {
  const linears = blockLinears(spec, index).map(({ path, inputs, outputs, bias, transposed }) => {
    const attachment = adapted.linears.get(path);
    return [inputs, outputs, bias, transposed, attachment?.method.kind, attachment?.options];
  });
  const saved = blockTensors(spec, index).map(({ name }) => adapted.saved.has(name));
  return JSON.stringify([spec.layers[index], linears, saved]);
}

/** The parts of a training run's peak memory in bytes. */
export function estimateMemory(options: EstimateOptions): MemoryEstimate {
  const { spec, adapted, policy } = options;
  const { sizes, groups } = sizesOf(spec, options.lengths, options.headRows, options.labelled);
  const embedding = embeddingSegment(spec, adapted);
  // below the lowest block that learns, nothing is kept (as in compiled.ts)
  let learnsBelow = embedding.flat.size > 0;
  const known = new Map<string, ReturnType<typeof blockSegment>>();
  const blocks = spec.layers.map((_, first) => {
    const key = `${learnsBelow} ${blockKey(spec, adapted, first)}`;
    const graphs =
      known.get(key) ??
      blockSegment({ spec, adapted, first, count: 1, groups, policy, inputGradient: learnsBelow });
    known.set(key, graphs);
    learnsBelow ||= graphs.flat.size > 0;
    return graphs;
  });
  const head = headSegment(spec, adapted);
  const forward = blocks.map(({ train, infer }) => train?.forward ?? infer);
  const graphs = [
    ...blocks.flatMap(({ train, infer }) => (train ? [train.forward, train.backward] : [infer])),
    head.train,
  ];
  const activations = [embedding.infer, ...forward].reduce(
    (sum, graph) => sum + outputBytes(graph, sizes),
    0,
  );
  const backward = blocks.map(({ train }) => (train ? outputBytes(train.backward, sizes) : 0));
  const live = Math.max(...graphs.map((graph) => workingBytes(graph, sizes)));
  // a row and an answer that is as long
  const answered = options.samples * 2 * Math.max(0, ...options.lengths);
  const caches = Math.min(LARGEST_CACHES, answered * cacheBytesPerToken(spec));
  const working = workingFrom(live) + 2 * Math.max(...backward) + caches;
  const trained = [embedding, ...blocks, head].reduce((sum, { flat }) => sum + flat.size, 0);
  const still = [embedding, ...blocks, head].reduce((sum, { frozen }) => sum + frozen.size, 0);
  // zeros first, then the start values in the other home
  const adapter = 4 * 2 * (trained * (2 + options.stateVectors) + still);
  const weights = residentBytes(spec, policy);
  const total = weights + activations + working + adapter + PROCESS_BYTES;
  return { weights, activations, working, adapter, process: PROCESS_BYTES, total };
}

/** Numbers of an adapter, the modules that are trained whole among those that are trained and stored. */
export function adapterNumbers(spec: DecoderSpec, adapted: Adapted): LayerNumbers {
  const own = linearsOf(spec).map((linear) => {
    const attachment = adapted.linears.get(linear.path);
    return attachment ? layerNumbers(attachment.method, attachment.options, linear) : noNumbers;
  });
  const saved = specTensors(spec)
    .filter(({ name }) => adapted.saved.has(name))
    .reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return own.reduce(addNumbers, { trained: saved, frozen: 0, stored: saved });
}

/** Trained numbers of an adapter. */
export const trainableCount = (spec: DecoderSpec, adapted: Adapted): number =>
  adapterNumbers(spec, adapted).trained;

/** Lengths of the rows that the largest micro-batch can have: the longest rows, a budget of tokens filled to its end. */
export function largestBatch(
  { batch, tokens }: Pick<TrainingConfig, 'batch' | 'tokens'>,
  data: { readonly rows: number; readonly length: (row: number) => number },
): number[] {
  const lengths = Array.from({ length: data.rows }, (_, row) => data.length(row)).sort((a, b) => b - a);
  if (tokens === undefined) return lengths.slice(0, batch);
  const filled: number[] = [];
  let left = tokens;
  for (const length of lengths) {
    // a row that is longer than the budget comes alone
    const taken = filled.length === 0 ? length : Math.min(length, left);
    if (taken <= 0) break;
    filled.push(taken);
    left -= taken;
  }
  return filled;
}
