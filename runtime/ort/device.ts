/**
 * @file A device that runs graphs: compiles each distinct one once, keeps tensors where they are used, counts what crosses.
 * On the CPU outputs are written into buffers that live on (fresh pages cost as much as the arithmetic of cheap operators);
 * on a GPU the returned tensor is kept and the one it replaces is disposed.
 */
import { createHash } from 'node:crypto';
import type { ElementType, Graph, Value } from '../graph/ir.ts';
import { lower } from '../graph/lower.ts';
import type { ShapeInput } from '../graph/lower.ts';
import { GraphBuilder } from '../graph/ops.ts';
import { encodeModel } from '../graph/proto.ts';
import { concreteShape } from '../graph/sizes.ts';
import type { Sizes } from '../graph/sizes.ts';
import { hostTensor, Session } from './session.ts';
import type { RuntimeOptions, Tensor } from './session.ts';

export interface Program {
  readonly graph: Graph;
  readonly session: Session;
  /** Inputs that the lowering added: sizes which each call decides. */
  readonly shapes: readonly ShapeInput[];
}

/** Slabs are made larger than their first use by this, since micro-batches differ in size. */
const HEADROOM = 1.5;
/** Bytes; a cache line, and enough for every vector unit. */
const ALIGNMENT = 64;

const count = (dims: readonly number[]): number => dims.reduce((n, dim) => n * dim, 1);

/** Owns what one call at a time returns: the next call with the same `Buffers` overwrites (host) or replaces (device) it. */
export class Buffers implements Disposable {
  #slab = new ArrayBuffer(0);
  #tensors: readonly Tensor[] = [];
  readonly #headroom: number;

  /** `headroom` 1 for what always has the same size. */
  constructor(headroom = HEADROOM) {
    this.#headroom = headroom;
  }

  /** Host tensors for a call's outputs, side by side in memory that the next call gets again; grows, never shrinks. */
  host(
    outputs: readonly { readonly value: Pick<Value, 'name' | 'type'>; readonly dims: readonly number[] }[],
  ): Tensor[] {
    let end = 0;
    const places = outputs.map(({ value, dims }) => {
      const start = end;
      end += Math.ceil((count(dims) * elementBytes[value.type]) / ALIGNMENT) * ALIGNMENT;
      return start;
    });
    // untouched pages cost nothing; a second slab would cost all of the first until it is collected
    if (this.#slab.byteLength < end)
      this.#slab = new ArrayBuffer(Math.ceil((end * this.#headroom) / ALIGNMENT) * ALIGNMENT);
    return outputs.map(({ value, dims }, i) => view(this.#slab, value, places[i]!, dims));
  }

  /** Takes device tensors into ownership and disposes those of the call before. */
  keep(tensors: readonly Tensor[]): void {
    for (const tensor of this.#tensors) tensor.dispose();
    this.#tensors = tensors;
  }

  get bytes(): number {
    return this.#slab.byteLength;
  }

  [Symbol.dispose](): void {
    this.keep([]);
    this.#slab = new ArrayBuffer(0);
  }
}

const elementBytes: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
  float16: 2,
};

function view(
  slab: ArrayBuffer,
  { name, type }: Pick<Value, 'name' | 'type'>,
  start: number,
  dims: readonly number[],
): Tensor {
  const length = count(dims);
  switch (type) {
    case 'float32':
      return hostTensor(new Float32Array(slab, start, length), dims);
    case 'float64':
      return hostTensor(new Float64Array(slab, start, length), dims);
    case 'int32':
      return hostTensor(new Int32Array(slab, start, length), dims);
    case 'int64':
      return hostTensor(new BigInt64Array(slab, start, length), dims);
    case 'uint8':
      return hostTensor(new Uint8Array(slab, start, length), dims);
    case 'bool':
      return hostTensor(new Uint8Array(slab, start, length), dims, 'bool');
    case 'float16':
      throw new Error(`${name}: float16 outputs have no host buffer`);
  }
}

/** One provider with its compiled programs. */
export class Device implements AsyncDisposable {
  readonly options: RuntimeOptions;
  /** Bytes copied between host and device so far; on the CPU nothing is. */
  readonly traffic = { toDevice: 0, toHost: 0 };
  readonly #sessions = new Map<string, Promise<Session>>();
  /** Tensors that live as long as the device: frozen weights, tables. */
  readonly #residents: Tensor[] = [];

  constructor(options: RuntimeOptions) {
    this.options = options;
  }

  get onHost(): boolean {
    return this.options.provider !== 'webgpu';
  }

  /** Compiles a graph, or finds the session of an equal one: blocks of equal shape share it. */
  async compile(graph: Graph, name: string): Promise<Program> {
    return this.#program(graph, name, this.onHost);
  }

  async #program(graph: Graph, name: string, outputsOnHost: boolean): Promise<Program> {
    const lowered = lower(graph, this.options.provider);
    // the name is not part of what makes graphs equal: block 7 runs in the session of block 3
    const content = createHash('sha256').update(encodeModel(lowered, '')).digest('hex');
    const key = `${outputsOnHost} ${content}`;
    let session = this.#sessions.get(key);
    if (!session) {
      session = Session.create(encodeModel(lowered, name), this.options, outputsOnHost);
      this.#sessions.set(key, session);
    }
    return { graph, session: await session, shapes: lowered.shapes };
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /**
   * Runs `program`; `feeds` may hold more than it reads. Outputs belong to `buffers`, those named in `owners` to theirs.
   * Throws an Error naming the missing input where a feed lacks.
   */
  async run(
    program: Program,
    feeds: Readonly<Record<string, Tensor>>,
    sizes: Sizes,
    buffers: Buffers,
    owners: Readonly<Record<string, Buffers>> = {},
  ): Promise<Readonly<Record<string, Tensor>>> {
    const { graph, session } = program;
    const inputs = this.#inputs(program, feeds, sizes);
    const byOwner = new Map<Buffers, Value[]>();
    for (const value of graph.outputs) {
      const owner = owners[value.name] ?? buffers;
      byOwner.set(owner, [...(byOwner.get(owner) ?? []), value]);
    }
    if (this.onHost) {
      const fetches: Record<string, Tensor> = {};
      for (const [owner, values] of byOwner) {
        const tensors = owner.host(
          values.map((value) => ({ value, dims: concreteShape(value.shape, sizes) })),
        );
        values.forEach(({ name }, i) => (fetches[name] = tensors[i]!));
      }
      await session.run(inputs, fetches);
      return fetches;
    }
    const results = await session.run(inputs);
    for (const [owner, values] of byOwner) owner.keep(values.map(({ name }) => results[name]!));
    return results;
  }

  #inputs(
    { graph, shapes }: Program,
    feeds: Readonly<Record<string, Tensor>>,
    sizes: Sizes,
  ): Record<string, Tensor> {
    const inputs: Record<string, Tensor> = {};
    for (const { name } of graph.inputs) {
      const tensor = feeds[name];
      if (!tensor) throw new Error(`input ${name} is not fed`);
      inputs[name] = this.onHost || tensor.location !== 'cpu' ? tensor : this.#sent(tensor);
    }
    for (const { name, shape } of shapes)
      inputs[name] = hostTensor(BigInt64Array.from(concreteShape(shape, sizes), BigInt), [shape.length]);
    return inputs;
  }

  /** A host tensor as a graph of the device takes it, counted. */
  #sent(tensor: Tensor): Tensor {
    const sent = narrowed(tensor);
    this.traffic.toDevice += (sent.data as Float32Array).byteLength;
    return sent;
  }

  /** Float32 numbers as a tensor of the device; on the CPU over a copy in `buffers`, or over `data` itself without one. */
  async upload(data: Float32Array, dims: readonly number[], buffers?: Buffers): Promise<Tensor> {
    if (!this.onHost) {
      const { data: tensor } = await this.place({ data: hostTensor(data, dims) }, buffers);
      return tensor!;
    }
    if (!buffers) return hostTensor(data, dims);
    const tensor = buffers.host([{ value: { name: 'upload', type: 'float32' }, dims }])[0]!;
    (tensor.data as Float32Array).set(data);
    return tensor;
  }

  /**
   * Host tensors copied to where the device's graphs read them, so that several calls share one copy; on the CPU they are there.
   * They belong to `buffers`, or live as long as the device.
   */
  async place(
    feeds: Readonly<Record<string, Tensor>>,
    buffers?: Buffers,
  ): Promise<Readonly<Record<string, Tensor>>> {
    if (this.onHost) return feeds;
    const placed: Record<string, Tensor> = {};
    for (const [name, tensor] of Object.entries(feeds))
      placed[name] = await this.#copy(this.#sent(tensor), false);
    if (buffers) buffers.keep(Object.values(placed));
    else this.#residents.push(...Object.values(placed));
    return placed;
  }

  /** Zeros on the device; nothing crosses. */
  async zeros(dims: readonly number[], buffers: Buffers): Promise<Tensor> {
    if (this.onHost) return hostTensor(new Float32Array(count(dims)), dims);
    const op = new GraphBuilder();
    const names = dims.map((_, axis) => `size${axis}`);
    const program = await this.compile(op.finish([op.zeros(names)]), 'zeros');
    const sizes = Object.fromEntries(names.map((name, axis) => [name, dims[axis]!]));
    return Object.values(await this.run(program, {}, sizes, buffers))[0]!;
  }

  /** The float32 contents; a copy from the device where the tensor lives there. */
  async read(tensor: Tensor): Promise<Float32Array> {
    if (tensor.location === 'cpu') return tensor.data as Float32Array;
    // getData() on a tensor of the WebGPU provider ends the process: an identity graph with host outputs reads it instead
    const data = (await this.#copy(tensor, true)).data as Float32Array;
    this.traffic.toHost += data.byteLength;
    return data;
  }

  async #copy(tensor: Tensor, toHost: boolean): Promise<Tensor> {
    const op = new GraphBuilder();
    const x = op.input(
      'x',
      tensor.type as ElementType,
      tensor.dims.map((_, axis) => `size${axis}`),
    );
    const { session } = await this.#program(op.finish([op.detach(x)]), 'copy', toHost);
    return Object.values(await session.run({ x: tensor }))[0]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tensor of this.#residents.splice(0)) tensor.dispose();
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    // one that never compiled has told its caller so
    for (const session of await Promise.allSettled(sessions))
      if (session.status === 'fulfilled') await session.value[Symbol.asyncDispose]();
  }
}

/** int64 as int32, as the lowering for WebGPU declares it. */
function narrowed(tensor: Tensor): Tensor {
  if (tensor.type !== 'int64') return tensor;
  const data = Int32Array.from(tensor.data as BigInt64Array, (wide) => {
    const x = Number(wide);
    if (x !== (x | 0)) throw new Error(`${wide} does not fit into the 32 bits that WebGPU's integers have`);
    return x;
  });
  return hostTensor(data, tensor.dims);
}
