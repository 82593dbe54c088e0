/** @file Runs a model's segments over micro-batches: logits, losses, and gradients of everything an adapter trains. */
import type { Adapted } from '../model/adapted.ts';
import type { Base, DecoderSpec } from '../model/decoder.ts';
import { names } from '../model/segmentBuilder.ts';
import type { WeightUse } from '../model/segmentBuilder.ts';
import { Buffers } from '../ort/device.ts';
import type { Sizes } from '../graph/sizes.ts';
import type { Device, Program } from '../ort/device.ts';
import { hostTensor } from '../ort/session.ts';
import type { Tensor } from '../ort/session.ts';
import { labelledChunks, ropeTables } from './batch.ts';
import type { Batch, TokenRow } from './batch.ts';
import { CompiledModel } from './compiled.ts';
import type { CompiledSegment, CompileOptions } from './compiled.ts';
import type { Parameters } from './parameters.ts';
import { prepareRows } from './prepare.ts';
import { hashKey, mixBits } from './random.ts';
import { Weights } from './weights.ts';
import type { Overrides } from './weights.ts';

export interface EngineOptions extends CompileOptions {
  /** Labelled rows whose logits exist at the same time. */
  readonly headRows: number;
  /** Tokens of the longest row there will be. */
  readonly longest: number;
  readonly overrides?: Overrides;
  /** Weights of another engine on the same base, so that two share one copy. */
  readonly weights?: Weights;
}

/** Losses of a micro-batch: one a labelled position, in the order of `batch.labelled`. */
export interface Losses {
  readonly batch: Batch;
  readonly tokenLoss: Float32Array;
}

/** Of a micro-batch that was learned from, and what the methods had to say beside. */
export interface Learned extends Losses {
  /** Sum of what methods minimise beside the loss, before its weight. */
  readonly auxiliary: number;
  /** What methods gave to who watches, by layer path and name. */
  readonly observed: ReadonlyMap<string, { readonly dims: readonly number[]; readonly data: Float32Array }>;
}

/** Factors on what a micro-batch's gradient is of. */
export interface LossWeights {
  /** On the sum of the labelled tokens' losses. */
  readonly token: number;
  /** On the sum of what methods minimise beside. */
  readonly auxiliary: number;
}

/** What segments read and gave, and the stream behind the last. */
interface Forward {
  readonly inputs: readonly (Tensor | undefined)[];
  readonly kept: readonly Readonly<Record<string, Tensor>>[];
  readonly x: Tensor;
}

/** What a backward pass begins with: the gradient behind, and the weight of what methods minimise beside. */
interface Behind {
  readonly dy: Tensor;
  readonly beside: number;
  readonly fresh: boolean;
}

interface Learning {
  readonly parameters: Parameters | undefined;
  /** Forget what earlier micro-batches added. */
  readonly fresh: boolean;
}

export class Engine implements Disposable {
  readonly spec: DecoderSpec;
  readonly weights: Weights;
  readonly model: CompiledModel;
  readonly device: Device;
  readonly #headRows: number;
  /** Positions that its tables of angles hold. */
  readonly longest: number;
  #ropes: Promise<Readonly<Record<string, Tensor>>> | undefined;
  readonly #squaredNorms = new Map<Parameters, number>();
  readonly #siteKeys = new Map<string, Tensor>();
  readonly #scratch = new Buffers();
  readonly #shared = new Buffers();
  readonly #noGradient = new Buffers();
  readonly #swap = [new Buffers(), new Buffers()] as const;
  readonly #headSwap = [new Buffers(), new Buffers()] as const;

  constructor(base: Base, adapted: Adapted, options: EngineOptions) {
    const { device, overrides, policy, longest } = options;
    this.spec = base.spec;
    this.device = device;
    this.#headRows = options.headRows;
    this.weights = options.weights ?? new Weights(base, device, overrides, policy !== 'low');
    this.model = new CompiledModel(base.spec, adapted, options);
    this.longest = longest;
  }

  /** Cosines and sines of all positions, copied to the device once. */
  #ropeFeeds(): Promise<Readonly<Record<string, Tensor>>> {
    const tables = (): Record<string, Tensor> =>
      Object.fromEntries(
        ropeTables(this.spec, this.longest).flatMap(({ cos, sin }, i) => [
          [`cos${i}`, cos],
          [`sin${i}`, sin],
        ]),
      );
    return (this.#ropes ??= this.device.place(tables()));
  }

  /** A micro-batch whose feeds are where all segments read them: one copy, until the next one. */
  async #prepare(rows: readonly TokenRow[]): Promise<Batch> {
    const batch = prepareRows(rows, this.spec);
    return { ...batch, feeds: await this.device.place(batch.feeds, this.#shared) };
  }

  /** `own` with the rope tables, a segment's weights and trained values, and the residual stream it reads. */
  async feeds(
    own: Readonly<Record<string, Tensor>>,
    weights: readonly WeightUse[],
    parameters: Parameters | undefined,
    x: Tensor | undefined,
  ): Promise<Record<string, Tensor>> {
    return {
      ...own,
      ...(await this.#ropeFeeds()),
      ...(await this.weights.feeds(weights)),
      ...(parameters && { [names.adapter]: parameters.vector('values') }),
      ...(parameters?.has('frozen') === true && { [names.frozenAdapter]: parameters.vector('frozen') }),
      ...(x && { [names.input]: x }),
    };
  }

  /** Logits of `batch.outputs`, [outputs, vocab or classes]: of a decoder every token of every row; the array is reused by the next call. */
  async logits(rows: readonly TokenRow[]): Promise<{ batch: Batch; logits: Float32Array }> {
    const { batch, x } = await this.stream(rows);
    return { batch, logits: await this.headLogits(batch.feeds, batch.sizes, x, batch.outputs) };
  }

  /** The residual stream behind the last block, [tokens, hidden], until the next call. */
  async stream(rows: readonly TokenRow[]): Promise<{ batch: Batch; x: Tensor }> {
    const batch = await this.#prepare(rows);
    return { batch, x: await this.#infer(batch) };
  }

  /** Residual stream before the first block. */
  async embed(own: Readonly<Record<string, Tensor>>, sizes: Sizes): Promise<Tensor> {
    const [embedding] = await this.model.segments(1);
    const { infer, weights, parameters, buffers } = embedding!;
    return first(
      infer,
      await this.device.run(infer, await this.feeds(own, weights, parameters, undefined), sizes, buffers),
    );
  }

  /** Logits of the given rows of the residual stream, [rows, vocab]. */
  async headLogits(
    own: Readonly<Record<string, Tensor>>,
    sizes: Sizes,
    x: Tensor,
    rows: BigInt64Array,
    buffers = this.#scratch,
  ): Promise<Float32Array> {
    const { logits, weights, parameters } = await this.model.head();
    const feeds = await this.feeds({ ...own, rows: hostTensor(rows, [rows.length]) }, weights, parameters, x);
    return this.device.read(
      first(logits, await this.device.run(logits, feeds, { ...sizes, labelled: rows.length }, buffers)),
    );
  }

  /** Loss of every labelled token, without gradients. */
  async losses(rows: readonly TokenRow[]): Promise<Losses> {
    const batch = await this.#prepare(rows);
    const head = await this.model.head();
    const shared = await this.feeds(batch.feeds, head.weights, head.parameters, await this.#infer(batch));
    const tokenLoss = new Float32Array(batch.labelled.tokens.length);
    for (const { start, sizes, feeds } of labelledChunks(batch, this.#headRows)) {
      const out = await this.device.run(head.loss, { ...shared, ...feeds }, sizes, this.#scratch);
      tokenLoss.set(await this.device.read(first(head.loss, out)), start);
    }
    return { batch, tokenLoss };
  }

  /**
   * Adds the gradient of `token` times the sum of the labelled tokens' losses to the parameters' gradients; `fresh` starts anew.
   * With token = 1 / (supervised tokens of the effective batch) accumulated micro-batches give that batch's mean loss.
   */
  async accumulate(
    rows: readonly TokenRow[],
    { token, auxiliary: beside }: LossWeights,
    fresh: boolean,
  ): Promise<Learned> {
    const batch = await this.#prepare(rows);
    const segments = await this.model.segments(batch.layout.groups.length);
    const forward = await this.#forward(batch, segments, undefined, true);
    const said = await this.#said(segments, forward.kept);
    const { tokenLoss, dx } = await this.#headStep(batch, forward.x, token, fresh);
    await this.#backward(batch, segments, forward, { dy: dx, beside, fresh });
    return { batch, tokenLoss, ...said };
  }

  /**
   * Segments `from` to `to` by themselves (0 is the embedding, which takes no `x`): the residual stream behind them, [tokens, hidden],
   * for the one before. Where `learn` is given, adds to their gradients what the gradient `behind` them gives (zeros where it isn't
   * told, which is what methods of stated gradients want); `gradient` is that by `x`, where they give it.
   */
  async pass(
    [from, to]: readonly [number, number],
    rows: readonly TokenRow[],
    x: Float32Array | undefined,
    learn?: { readonly fresh: boolean; readonly behind?: Float32Array },
  ): Promise<{ readonly stream: Float32Array; readonly gradient?: Float32Array }> {
    const batch = await this.#prepare(rows);
    const segments = (await this.model.segments(batch.layout.groups.length)).slice(from, to + 1);
    const shape = [batch.layout.tokens, this.spec.hidden];
    const forward = await this.#forward(batch, segments, x && hostTensor(x, shape), learn !== undefined);
    const stream = (await this.device.read(forward.x)).slice();
    if (!learn) return { stream };
    const { behind, fresh } = learn;
    const dy = behind ? hostTensor(behind, shape) : await this.device.zeros(shape, this.#noGradient);
    const dx = await this.#backward(batch, segments, forward, { dy, beside: 0, fresh });
    return { stream, ...(dx && { gradient: (await this.device.read(dx)).slice() }) };
  }

  /** Gradient of `token` times the summed losses by the stream behind the last block; a head that learns adds to its own. */
  async headGradient(
    rows: readonly TokenRow[],
    x: Float32Array,
    token: number,
    fresh: boolean,
  ): Promise<Float32Array> {
    const batch = await this.#prepare(rows);
    const stream = hostTensor(x, [batch.layout.tokens, this.spec.hidden]);
    return (await this.device.read((await this.#headStep(batch, stream, token, fresh)).dx)).slice();
  }

  /** Through segments one after another; `learns` keeps what backward needs. */
  async #forward(
    batch: Batch,
    segments: readonly CompiledSegment[],
    before: Tensor | undefined,
    learns: boolean,
  ): Promise<Forward> {
    const inputs: (Tensor | undefined)[] = [];
    const kept: Readonly<Record<string, Tensor>>[] = [];
    let x = before;
    for (const segment of segments) {
      const { infer, weights, parameters, buffers } = segment;
      const program = (learns ? segment.forward : undefined) ?? infer;
      inputs.push(x);
      const own = { ...batch.feeds, ...(await this.#siteFeeds(segment)) };
      const feeds = await this.feeds(own, weights, parameters, x);
      const out = await this.device.run(program, feeds, batch.sizes, buffers);
      kept.push(out);
      x = first(program, out);
    }
    return { inputs, kept, x: x! };
  }

  /** Back through them, as far as something learns: adds to their gradients, and returns the gradient by the first one's input. */
  async #backward(
    batch: Batch,
    segments: readonly CompiledSegment[],
    { inputs, kept }: Forward,
    { dy: behind, beside, fresh }: Behind,
  ): Promise<Tensor | undefined> {
    let dy: Tensor | undefined = behind;
    for (let i = segments.length - 1; i >= 0 && dy; i--) {
      const segment = segments[i]!;
      const { backward, inputGradient, weights, parameters } = segment;
      if (!backward) return undefined;
      const shared = { ...batch.feeds, ...(await this.#siteFeeds(segment)) };
      const own = await this.feeds(shared, weights, parameters, inputs[i]);
      const feeds: Record<string, Tensor> = {
        ...own,
        ...kept[i],
        [names.outputGradient]: dy,
        [names.auxiliaryWeight]: hostTensor(new Float32Array([beside]), [1]),
      };
      const learning = { parameters, fresh };
      const out = await this.#runLearning(backward, feeds, batch.sizes, this.#swap[i % 2]!, learning);
      dy = inputGradient ? first(backward, out) : undefined;
    }
    return dy;
  }

  /** What forward passes gave beside the residual stream; read before their buffers are used again. */
  async #said(
    segments: readonly CompiledSegment[],
    kept: readonly Readonly<Record<string, Tensor>>[],
  ): Promise<Pick<Learned, 'auxiliary' | 'observed'>> {
    let auxiliary = 0;
    const observed = new Map<string, { dims: readonly number[]; data: Float32Array }>();
    for (const [i, segment] of segments.entries()) {
      const out = kept[i]!;
      if (!segment.forward) continue;
      if (segment.auxiliary) auxiliary += (await this.device.read(out[names.auxiliary]!))[0]!;
      for (const { output, name } of segment.observed) {
        const tensor = out[output]!;
        observed.set(name, { dims: tensor.dims, data: (await this.device.read(tensor)).slice() });
      }
    }
    return { auxiliary, observed };
  }

  /** Keys of the features at a segment's places of dropout, made once a place. */
  async #siteFeeds({ sites }: CompiledSegment): Promise<Record<string, Tensor>> {
    const feeds: Record<string, Tensor> = {};
    for (const { input, path, features } of sites) {
      let keys = this.#siteKeys.get(path);
      if (!keys) {
        const place = hashKey('dropout', path);
        const data = Int32Array.from({ length: features }, (_, f) =>
          mixBits(place + Math.imul(f, 0x85ebca6b)),
        );
        ({ keys } = (await this.device.place({ keys: hostTensor(data, [1, features]) })) as { keys: Tensor });
        this.#siteKeys.set(path, keys);
      }
      feeds[input] = keys;
    }
    return feeds;
  }

  /** Euclidean norm of the whole gradient as the last micro-batch left it. */
  get gradientNorm(): number {
    let sum = 0;
    for (const squared of this.#squaredNorms.values()) sum += squared;
    return Math.sqrt(sum);
  }

  /** Residual stream after the last block; nothing is kept for a backward pass. */
  async #infer(batch: Batch): Promise<Tensor> {
    const segments = await this.model.segments(batch.layout.groups.length);
    let x: Tensor | undefined;
    for (const [i, { infer, weights, parameters }] of segments.entries()) {
      const feeds = await this.feeds(batch.feeds, weights, parameters, x);
      x = first(infer, await this.device.run(infer, feeds, batch.sizes, this.#swap[i % 2]!));
    }
    return x!;
  }

  /** Runs a graph that adds to a segment's gradient, and takes the sum over. */
  async #runLearning(
    program: Program,
    feeds: Readonly<Record<string, Tensor>>,
    sizes: Sizes,
    buffers: Buffers,
    { parameters, fresh }: Learning,
  ): Promise<Readonly<Record<string, Tensor>>> {
    if (!parameters) return this.device.run(program, feeds, sizes, buffers);
    const learning = {
      ...feeds,
      [names.gradient]: parameters.vector('gradient'),
      [names.keep]: hostTensor(new Float32Array([fresh ? 0 : 1]), [1]),
    };
    const owners = { [names.newGradient]: parameters.next('gradient') };
    const out = await this.device.run(program, learning, sizes, buffers, owners);
    parameters.replace('gradient', out[names.newGradient]!);
    this.#squaredNorms.set(parameters, (await this.device.read(out[names.squaredNorm]!))[0]!);
    return out;
  }

  async #headStep(
    batch: Batch,
    x: Tensor,
    weight: number,
    fresh: boolean,
  ): Promise<{ tokenLoss: Float32Array; dx: Tensor }> {
    const { train, weights, parameters } = await this.model.head();
    const [loss, newDx] = train.graph.outputs;
    const tokenLoss = new Float32Array(batch.labelled.tokens.length);
    let dx = await this.device.zeros([batch.layout.tokens, this.spec.hidden], this.#noGradient);
    const shared = await this.feeds(batch.feeds, weights, parameters, x);
    for (const [i, { start, sizes, feeds }] of labelledChunks(batch, this.#headRows).entries()) {
      const labelled = sizes['labelled']!;
      const lossWeights = hostTensor(new Float32Array(labelled).fill(weight), [labelled, 1]);
      const all = { ...shared, ...feeds, dxBefore: dx, lossWeights };
      const learning = { parameters, fresh: fresh && i === 0 };
      const out = await this.#runLearning(train, all, sizes, this.#headSwap[i % 2]!, learning);
      tokenLoss.set(await this.device.read(out[loss!.name]!), start);
      dx = out[newDx!.name]!;
    }
    return { tokenLoss, dx };
  }

  [Symbol.dispose](): void {
    this.model[Symbol.dispose]();
    const own = [...this.#swap, ...this.#headSwap, this.#scratch, this.#shared, this.#noGradient];
    for (const buffers of own) buffers[Symbol.dispose]();
  }
}

function first({ graph }: Program, out: Readonly<Record<string, Tensor>>): Tensor {
  return out[graph.outputs[0]!.name]!;
}
