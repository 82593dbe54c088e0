/** @file The builder: each operator is one word of it; forward code, gradient rules, losses and optimisers all speak it. */
import { GraphError, infer } from './infer.ts';
import { inputsOf } from './ir.ts';
import type {
  Attributes,
  Constant,
  ConstantData,
  Dim,
  ElementType,
  Graph,
  Inputs,
  Node,
  OpName,
  Value,
} from './ir.ts';

/** A value, or a number that becomes a constant of the other operand's type. */
export type Operand = Value | number;

interface MatMulOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
}
interface ReduceOptions {
  readonly keepDims?: boolean;
}

/** Collects nodes in the order they are written; asks `infer` at each so that mistakes surface at their line. */
export class GraphBuilder {
  readonly inputs: Value[] = [];
  readonly constants: Constant[] = [];
  readonly nodes: Node[] = [];
  readonly #names = new Set<string>();
  readonly #scalars = new Map<string, Value>();

  input(name: string, type: ElementType, shape: readonly Dim[]): Value {
    if (this.#names.has(name)) throw new GraphError(`two values are called ${name}`);
    this.#names.add(name);
    const value: Value = { name, type, shape };
    this.inputs.push(value);
    return value;
  }

  constant(
    data: ConstantData,
    shape: readonly number[],
    type: ElementType = typeOf(data),
    name = 'constant',
  ): Value {
    const value: Value = { name: this.#unique(name), type, shape };
    this.constants.push({ value, data });
    return value;
  }

  /** A number as a rank-0 constant, made once a graph. */
  scalar(x: number, type: ElementType = 'float32'): Value {
    const key = `${type} ${Object.is(x, -0) ? '-0' : x}`;
    const known = this.#scalars.get(key);
    if (known) return known;
    const value = this.constant(scalarData(x, type), [], type, 'scalar');
    this.#scalars.set(key, value);
    return value;
  }

  /** Adds any node of the vocabulary; the named words below are the usual way. */
  node<O extends OpName>(op: O, inputs: Inputs<O>, attributes: Attributes<O>, name: string = op): Value {
    const { type, shape } = infer[op](inputs, attributes);
    const node = { op, inputs, attributes } as unknown as { output: Value } & Node;
    const output: Value = { name: this.#unique(name), type, shape, producer: node };
    node.output = output;
    this.nodes.push(node);
    return output;
  }

  /** The graph that computes `outputs`: nodes and inputs that none of them needs are left out. */
  finish(outputs: readonly Value[], keepInputs = false): Graph {
    const needed = new Set<Value>(outputs);
    for (const node of [...this.nodes].reverse())
      if (needed.has(node.output)) for (const value of inputsOf(node)) needed.add(value);
    return {
      inputs: keepInputs ? [...this.inputs] : this.inputs.filter((value) => needed.has(value)),
      constants: this.constants.filter(({ value }) => needed.has(value)),
      nodes: this.nodes.filter((node) => needed.has(node.output)),
      outputs: [...outputs],
    };
  }

  #unique(stem: string): string {
    let name = stem;
    for (let n = this.nodes.length; this.#names.has(name); n++) name = `${stem}_${n}`;
    this.#names.add(name);
    return name;
  }

  #pair(a: Operand, b: Operand): { A: Value; B: Value } {
    if (typeof a === 'number' && typeof b === 'number') throw new GraphError('two numbers need no graph');
    const type = typeof a === 'number' ? (b as Value).type : a.type;
    return {
      A: typeof a === 'number' ? this.scalar(a, type) : a,
      B: typeof b === 'number' ? this.scalar(b, type) : b,
    };
  }

  add = (a: Operand, b: Operand): Value => this.node('Add', this.#pair(a, b), {});
  sub = (a: Operand, b: Operand): Value => this.node('Sub', this.#pair(a, b), {});
  mul = (a: Operand, b: Operand): Value => this.node('Mul', this.#pair(a, b), {});
  div = (a: Operand, b: Operand): Value => this.node('Div', this.#pair(a, b), {});
  neg = (X: Value): Value => this.node('Neg', { X }, {});
  exp = (X: Value): Value => this.node('Exp', { X }, {});
  log = (X: Value): Value => this.node('Log', { X }, {});
  sqrt = (X: Value): Value => this.node('Sqrt', { X }, {});
  reciprocal = (X: Value): Value => this.node('Reciprocal', { X }, {});
  sin = (X: Value): Value => this.node('Sin', { X }, {});
  cos = (X: Value): Value => this.node('Cos', { X }, {});
  tanh = (X: Value): Value => this.node('Tanh', { X }, {});
  erf = (X: Value): Value => this.node('Erf', { X }, {});
  sigmoid = (X: Value): Value => this.node('Sigmoid', { X }, {});
  silu = (X: Value): Value => this.node('Silu', { X }, {});
  floor = (X: Value): Value => this.node('Floor', { X }, {});
  detach = (X: Value): Value => this.node('Detach', { X }, {});
  /** `value`, differentiated by `inputs` as `gradient` says: one gradient each, in order, in the shape of its input. */
  stated = (value: Value, inputs: readonly Value[], gradient: (dy: Value) => readonly Value[]): Value =>
    this.node('Stated', [value, ...inputs], { gradient });
  cast = (input: Value, to: ElementType): Value =>
    input.type === to ? input : this.node('Cast', { input }, { to });
  greater = (a: Operand, b: Operand): Value => this.node('Greater', this.#pair(a, b), {});
  where = (condition: Value, X: Value, Y: Value): Value => this.node('Where', { condition, X, Y }, {});

  matmul = (A: Value, B: Value, { transA = false, transB = false, alpha = 1 }: MatMulOptions = {}): Value =>
    this.node('MatMul', { A, B }, { transA, transB, alpha });
  /** alpha * A B + C for matrices, the sum folded into the product. */
  gemm = (
    A: Value,
    B: Value,
    C: Value,
    { transA = false, transB = false, alpha = 1 }: MatMulOptions = {},
  ): Value => this.node('Gemm', { A, B, C }, { transA, transB, alpha });

  dequantize = (codes: Value, scales: Value, shape: readonly number[], block: number): Value =>
    this.node('Dequantize', { codes, scales }, { shape, block });
  reshape = (data: Value, shape: readonly Dim[]): Value =>
    sameShape(data.shape, shape) ? data : this.node('Reshape', { data }, { shape });
  transpose = (data: Value, perm: readonly number[]): Value => this.node('Transpose', { data }, { perm });
  expand = (input: Value, shape: readonly Dim[]): Value =>
    sameShape(input.shape, shape) ? input : this.node('Expand', { input }, { shape });
  slice = (data: Value, axis: number, start: number, end: number): Value =>
    this.node('Slice', { data }, { axis: axisOf(data, axis), start, end });
  concat = (inputs: readonly Value[], axis: number): Value =>
    inputs.length === 1 ? inputs[0]! : this.node('Concat', inputs, { axis: axisOf(inputs[0]!, axis) });
  pad = (data: Value, axis: number, before: number, after: number): Value =>
    this.node('Pad', { data }, { axis: axisOf(data, axis), before, after });

  gather = (data: Value, indices: Value, axis = 0): Value =>
    this.node('Gather', { data, indices }, { axis: axisOf(data, axis) });
  gatherElements = (data: Value, indices: Value, axis: number): Value =>
    this.node('GatherElements', { data, indices }, { axis: axisOf(data, axis) });
  scatterElements = (data: Value, indices: Value, updates: Value, axis: number): Value =>
    this.node('ScatterElements', { data, indices, updates }, { axis: axisOf(data, axis) });
  scatterRows = (data: Value, indices: Value, updates: Value): Value =>
    this.node('ScatterRows', { data, indices, updates }, {});
  permute = (data: Value, indices: Value, inverse: Value, inverseValid?: Value): Value =>
    this.node('Permute', { data, indices, inverse, ...(inverseValid && { inverseValid }) }, {});
  packRows = (tables: readonly Value[], index: Value, inverses: readonly Value[]): Value =>
    this.node('PackRows', [...tables, index, ...inverses], {});

  sum = (data: Value, axes: readonly number[], options?: ReduceOptions): Value =>
    this.#reduce('ReduceSum', data, axes, options);
  mean = (data: Value, axes: readonly number[], options?: ReduceOptions): Value =>
    this.#reduce('ReduceMean', data, axes, options);
  max = (data: Value, axes: readonly number[], options?: ReduceOptions): Value =>
    this.#reduce('ReduceMax', data, axes, options);
  sumSquare = (data: Value, axes: readonly number[], options?: ReduceOptions): Value =>
    this.#reduce('ReduceSumSquare', data, axes, options);
  logSumExp = (data: Value, axes: readonly number[], options?: ReduceOptions): Value =>
    this.#reduce('ReduceLogSumExp', data, axes, options);

  crossEntropy = (logits: Value, labels: Value): Value => this.node('CrossEntropy', { logits, labels }, {});
  softmax = (input: Value): Value => this.node('Softmax', { input }, {});
  rmsNorm = (X: Value, scale: Value, epsilon: number): Value =>
    this.node('RmsNorm', { X, scale }, { epsilon });
  layerNorm = (X: Value, scale: Value, B: Value, epsilon: number): Value =>
    this.node('LayerNorm', { X, scale, B }, { epsilon });
  rotary = (X: Value, positions: Value, cos: Value, sin: Value, attributes: Attributes<'Rotary'>): Value =>
    this.node('Rotary', { X, positions, cos, sin }, attributes);

  /** Zeros of a shape that may hold names: an Expand, so that each call's sizes decide. */
  zeros = (shape: readonly Dim[], type: ElementType = 'float32'): Value =>
    this.expand(this.scalar(0, type), shape);

  #reduce(
    op: 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceSumSquare' | 'ReduceLogSumExp',
    data: Value,
    axes: readonly number[],
    { keepDims = false }: ReduceOptions = {},
  ): Value {
    return this.node(op, { data }, { axes: axes.map((axis) => axisOf(data, axis)), keepDims });
  }
}

/** What rules, methods and losses see of the builder. */
export type Op = GraphBuilder;

export function axisOf(value: Value, axis: number): number {
  const rank = value.shape.length;
  const counted = axis < 0 ? axis + rank : axis;
  if (counted < 0 || counted >= rank) throw new GraphError(`axis ${axis} of ${value.name} with rank ${rank}`);
  return counted;
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

function typeOf(data: ConstantData): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  return 'uint8';
}

function scalarData(x: number, type: ElementType): ConstantData {
  switch (type) {
    case 'float32':
      return new Float32Array([x]);
    case 'float64':
      return new Float64Array([x]);
    case 'int32':
      return new Int32Array([x]);
    case 'int64':
      return new BigInt64Array([BigInt(x)]);
    case 'uint8':
    case 'bool':
      return new Uint8Array([x]);
    case 'float16':
      throw new GraphError('float16 constants are cast from float32');
  }
}
