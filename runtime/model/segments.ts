/**
 * @file A model as a row of segments (embedding, groups of blocks, head), each a graph of its own: equal ones compile once.
 * Weights and adapter parameters are inputs; all trained numbers of a segment travel as one flat vector.
 */
import { backward } from '../autodiff/backward.ts';
import type { Seed } from '../autodiff/backward.ts';
import { linearize } from '../autodiff/linearize.ts';
import type { Linearized } from '../autodiff/linearize.ts';
import type { MemoryPolicy } from '../contract/config.ts';
import type { Graph, Value } from '../graph/ir.ts';
import { loraScale } from '../methods/parts/lowRank.ts';
import type { Adapted, FlatLayout } from './adapted.ts';
import { attend, layerInputs } from './attention.ts';
import type { AttentionInputs } from './attention.ts';
import { decoderBlock, norm } from './block.ts';
import type { BlockContext } from './block.ts';
import type { DecoderSpec, LayerKind } from './decoder.ts';
import { documentBlocks } from './documents.ts';
import { layerSpec } from './layerSpec.ts';
import { declared, names, SegmentBuilder } from './segmentBuilder.ts';
import type { Declared, DropoutSite, WeightUse } from './segmentBuilder.ts';
import { blockLinears, blockTensors, embeddingTensors, headLinears, headTensors } from './specTensors.ts';

export interface SegmentGraphs {
  readonly weights: readonly WeightUse[];
  readonly flat: FlatLayout;
  /** The adapter's tensors that are never changed. */
  readonly frozen: FlatLayout;
  /** Places of dropout in the training graphs. */
  readonly sites: readonly DropoutSite[];
  /** Inputs -> output, nothing kept, nothing dropped. */
  readonly infer: Graph;
  /** Forward gives the output, then residuals; backward gives [gradient by the input,] accumulated gradient, its squared norm. */
  readonly train?: Linearized;
  /** Whether forward gives the sum of the methods' own losses under `names.auxiliary`. */
  readonly auxiliary: boolean;
  /** Outputs of forward that are for who watches: names in the graph, and as the methods gave them. */
  readonly observed: readonly { readonly output: string; readonly name: string }[];
}

interface BlocksOptions {
  readonly spec: DecoderSpec;
  readonly adapted: Adapted;
  readonly first: number;
  readonly count: number;
  readonly groups: number;
  readonly policy: MemoryPolicy;
  /** Something below learns, so that the gradient by the input is wanted as well. */
  readonly inputGradient: boolean;
  /** False leaves dropout and the gradient graphs out. */
  readonly training?: boolean;
}

/** The different windows of the model's layers, in order of first use. */
export function windowsOf(spec: DecoderSpec): (number | undefined)[] {
  return [...new Set(spec.layers.map((layer) => layer.window))];
}

/** What blocks read besides the residual stream, declared as graph inputs; `attend` is what differs between uses. */
export function blockContext(
  builder: SegmentBuilder,
  spec: DecoderSpec,
  attend: BlockContext['attend'],
): BlockContext {
  return { ...sharedContext(builder, spec), attend };
}

function sharedContext(
  { op, weight, linear }: SegmentBuilder,
  spec: DecoderSpec,
): Omit<BlockContext, 'attend'> {
  return {
    op,
    spec,
    weight,
    linear,
    positions: op.input('positions', 'int64', ['tokens', 1]),
    ropes: spec.ropes.map((rope, i) => ({
      cos: op.input(`cos${i}`, 'float32', ['positionsKnown', rope.rotated / 2]),
      sin: op.input(`sin${i}`, 'float32', ['positionsKnown', rope.rotated / 2]),
    })),
  };
}

/** A builder that knows the parameters of blocks first .. first + count. */
export function blockBuilder(
  spec: DecoderSpec,
  adapted: Adapted,
  indices: readonly number[],
  training = false,
): SegmentBuilder {
  const builder = new SegmentBuilder(adapted, training);
  const linears = indices.flatMap((i) => blockLinears(spec, i));
  const tensors = indices.flatMap((i) => blockTensors(spec, i));
  builder.declare(declared(adapted, linears, tensors));
  return builder;
}

/** Tiled attention over the flat token list (see attention.ts). */
export function tiled(
  builder: SegmentBuilder,
  spec: DecoderSpec,
  inputs: (layer: LayerKind) => AttentionInputs,
): BlockContext['attend'] {
  return (q, k, v, layer) =>
    attend(builder.op, layerSpec(spec, layer), { q, k, v }, inputs(layer), layer.window);
}

function blocksOf(
  builder: SegmentBuilder,
  spec: DecoderSpec,
  indices: readonly number[],
  groups: number,
  input: Value,
): Value {
  if (spec.task !== undefined) return documentBlocks(builder, sharedContext(builder, spec), indices, input);
  const inputs = layerInputs(builder.op, spec, groups, windowsOf(spec));
  const context = blockContext(builder, spec, tiled(builder, spec, inputs));
  return indices.reduce<Value>((x, i) => decoderBlock(context, i, x), input);
}

/** Graphs of `count` blocks from block `first` on. */
export function blockSegment(options: BlocksOptions): SegmentGraphs {
  const { spec, adapted, first, count, groups } = options;
  const indices = Array.from({ length: count }, (_, i) => first + i);
  const learns = options.training ?? true;
  const builder = blockBuilder(spec, adapted, indices, learns);
  const { op } = builder;
  const input = op.input(names.input, 'float32', ['tokens', spec.hidden]);
  const output = blocksOf(builder, spec, indices, groups, input);
  // what is dropped in training isn't when the model is used
  const infer =
    builder.sites.length > 0 ? blockSegment({ ...options, training: false }).infer : op.finish([output]);
  const auxiliary = learns && builder.auxiliaries.length > 0;
  const shared = {
    weights: builder.weights,
    flat: builder.layout,
    frozen: builder.frozenLayout,
    sites: builder.sites,
    infer,
    auxiliary,
    observed: learns ? builder.observed.map(({ name, value }) => ({ output: value.name, name })) : [],
  };
  if (!learns || (builder.layout.size === 0 && !options.inputGradient)) return shared;
  const own = auxiliary ? auxiliarySeed(builder) : undefined;
  const dy = op.input(names.outputGradient, 'float32', ['tokens', spec.hidden]);
  const wanted = [...(options.inputGradient ? [input] : []), ...builder.parameters];
  const train = linearize(
    op,
    [output, ...(own ? [own.output] : []), ...builder.observed.map(({ value }) => value)],
    [{ value: output, gradient: dy }, ...(own ? [own.seed] : [])],
    wanted,
    options.policy,
    (gradients) => {
      const byValue = new Map(wanted.map((value, i) => [value, gradients[i]!]));
      const dx = byValue.get(input);
      return [...(dx ? [dx] : []), ...builder.accumulate(byValue)];
    },
  );
  return { ...shared, train };
}

/** The sum of the methods' own losses, [1], and the input that weighs its gradient. */
function auxiliarySeed({ op, auxiliaries }: SegmentBuilder): { output: Value; seed: Seed } {
  const value = auxiliaries.reduce((total, loss) => op.add(total, loss));
  const gradient = op.input(names.auxiliaryWeight, 'float32', [1]);
  return { output: op.node('Detach', { X: value }, {}, names.auxiliary), seed: { value, gradient } };
}

/** Token ids [tokens] -> residual stream [tokens, hidden]; `train` gives the gradient graph where the table is trained. */
export function embeddingSegment(spec: DecoderSpec, adapted: Adapted): SegmentGraphs {
  const builder = new SegmentBuilder(adapted);
  const { op } = builder;
  const table = `${spec.names.embedding}.weight`;
  const { embedding } = adapted;
  const low = embedding ? embeddingParameters(spec, embedding) : [];
  builder.declare([...low, ...declared(adapted, [], embeddingTensors(spec))]);
  const ids = op.input('ids', 'int64', ['tokens']);
  let x = op.gather(builder.weight(table, [spec.vocab, spec.hidden]), ids);
  if (embedding) {
    // s A[:, ids]ᵀ Bᵀ: the product of two small tables, read at the ids
    const [A, B] = low.map(({ name }) => builder.parameter(name));
    const u = op.gather(op.transpose(A!, [1, 0]), ids);
    x = op.add(x, op.matmul(u, B!, { transB: true, alpha: loraScale(embedding.options) }));
  }
  if (spec.embeddingScale !== 1) x = op.mul(x, spec.embeddingScale);
  if (spec.names.positions !== undefined) {
    const positions = op.input('positions', 'int64', ['tokens', 1]);
    const learned = builder.weight(`${spec.names.positions}.weight`, [spec.maxPositions, spec.hidden]);
    x = op.add(x, op.gather(learned, op.reshape(positions, ['tokens'])));
  }
  if (spec.names.tokenTypes !== undefined && spec.tokenTypes !== undefined) {
    const types = builder.weight(`${spec.names.tokenTypes}.weight`, [spec.tokenTypes, spec.hidden]);
    x = op.add(x, op.gather(types, op.input('tokenTypes', 'int64', ['tokens'])));
  }
  if (spec.names.embeddingNorm !== undefined)
    x = norm({ op, spec, weight: builder.weight }, x, spec.names.embeddingNorm, spec.hidden);
  const infer = op.finish([x]);
  const shared = {
    weights: builder.weights,
    flat: builder.layout,
    frozen: builder.frozenLayout,
    sites: builder.sites,
    infer,
    auxiliary: false,
    observed: [],
  };
  if (builder.parameters.length === 0) return shared;
  const dy = op.input(names.outputGradient, 'float32', ['tokens', spec.hidden]);
  const train = linearize(op, [x], [{ value: x, gradient: dy }], builder.parameters, 'low', (gradients) =>
    builder.accumulate(new Map(builder.parameters.map((value, i) => [value, gradients[i]!]))),
  );
  return { ...shared, train };
}

function embeddingParameters(spec: DecoderSpec, { options }: NonNullable<Adapted['embedding']>): Declared[] {
  const path = spec.names.embedding;
  const common = { decays: true, rate: 1, frozen: false } as const;
  return [
    { name: `${path}.lora_embedding_A`, shape: [options.rank, spec.vocab], init: 'zeros', ...common },
    {
      name: `${path}.lora_embedding_B`,
      shape: [spec.hidden, options.rank],
      init: 'kaiming-uniform',
      ...common,
    },
  ];
}

export interface HeadGraphs {
  readonly weights: readonly WeightUse[];
  readonly flat: FlatLayout;
  readonly frozen: FlatLayout;
  /** x, rows [labelled] -> logits [labelled, vocab]. */
  readonly logits: Graph;
  /** x, rows, labels -> loss a labelled row [labelled, 1]. */
  readonly loss: Graph;
  /**
   * x, rows, labels, weights [labelled, 1], gradient so far [tokens, hidden] -> losses, gradient with these rows added,
   * then accumulated parameter gradient and squared norm where the head learns.
   */
  readonly train: Graph;
}

/** Final norm, head and cross-entropy over a chunk of labelled rows only: logits of other tokens are never computed. */
export function headSegment(spec: DecoderSpec, adapted: Adapted): HeadGraphs {
  const builder = new SegmentBuilder(adapted);
  const { op } = builder;
  const { head, finalNorm, pooler } = spec.names;
  builder.declare(declared(adapted, headLinears(spec), headTensors(spec)));
  const x = op.input(names.input, 'float32', ['tokens', spec.hidden]);
  const rows = op.input('rows', 'int64', ['labelled']);
  const labels = op.input('labels', 'int64', ['labelled', 1]);
  const picked = op.gather(x, rows);
  const context = { op, spec, weight: builder.weight, linear: builder.linear };
  const normed = finalNorm === undefined ? picked : norm(context, picked, finalNorm, spec.hidden);
  let logits = builder.linear(pooler ? op.tanh(builder.linear(normed, pooler)) : normed, head);
  if (spec.logitScale !== 1) logits = op.mul(logits, spec.logitScale);
  if (spec.finalSoftcap !== undefined)
    logits = op.mul(op.tanh(op.mul(logits, 1 / spec.finalSoftcap)), spec.finalSoftcap);
  const loss = op.crossEntropy(logits, labels);
  const logitsGraph = op.finish([logits]);
  const lossGraph = op.finish([loss]);
  const weights = op.input('lossWeights', 'float32', ['labelled', 1]);
  const before = op.input('dxBefore', 'float32', ['tokens', spec.hidden]);
  const wanted = [picked, ...builder.parameters];
  const gradients = backward(op, [{ value: loss, gradient: weights }], wanted);
  const dx = op.scatterRows(before, rows, gradients[0]!);
  const byValue = new Map(wanted.map((value, i) => [value, gradients[i]!]));
  const train = op.finish([loss, dx, ...builder.accumulate(byValue)]);
  return {
    weights: builder.weights,
    flat: builder.layout,
    frozen: builder.frozenLayout,
    logits: logitsGraph,
    loss: lossGraph,
    train,
  };
}
