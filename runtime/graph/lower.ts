/** @file From the vocabulary to ONNX operators, per execution provider: what one provider lacks is written in words it has. */
import { GraphError } from './infer.ts';
import { factorsOf, inputsOf } from './ir.ts';
import { codedProduct, dequantize, live } from './lowerCoded.ts';
import { narrow } from './narrow.ts';
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

export type Provider = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';

export type AttributeValue = number | bigint | string | readonly bigint[];

export interface OnnxNode {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** bigint = INT, number = FLOAT, bigint list = INTS, string = STRING. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A graph input that holds sizes each call decides, int64 [rank]; whoever runs the graph fills it in. */
export interface ShapeInput {
  readonly name: string;
  readonly shape: readonly Dim[];
}

export interface OnnxGraph {
  /** The graph's own inputs, then one for each of `shapes`. */
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly OnnxNode[];
  readonly shapes: readonly ShapeInput[];
}

const MICROSOFT = 'com.microsoft';

/** Writes the nodes of one graph for one provider. */
class Lowering {
  readonly nodes: OnnxNode[] = [];
  readonly constants: Constant[];
  readonly #axes = new Map<string, { input: Value; axis: number }>();
  readonly #dims = new Map<string, string>();
  readonly #lists = new Map<string, string>();
  readonly #shapes = new Map<string, ShapeInput>();
  #fresh = 0;
  readonly provider: Provider;

  constructor(graph: Graph, provider: Provider) {
    this.provider = provider;
    this.constants = [...graph.constants];
    for (const input of graph.inputs)
      input.shape.forEach((dim, axis) => {
        if (typeof dim === 'string' && !this.#axes.has(dim)) this.#axes.set(dim, { input, axis });
      });
  }

  name(stem: string): string {
    return `_${stem}_${this.#fresh++}`;
  }

  emit(
    opType: string,
    inputs: readonly string[],
    attributes: OnnxNode['attributes'] = {},
    options: { output?: string; domain?: string } = {},
  ): string {
    const output = options.output ?? this.name(opType);
    this.nodes.push({ opType, domain: options.domain ?? '', inputs, outputs: [output], attributes });
    return output;
  }

  constant(data: ConstantData, shape: readonly number[], type: ElementType): string {
    const name = this.name('constant');
    this.constants.push({ value: { name, type, shape }, data });
    return name;
  }

  /** An int64 list as a constant, each once a graph. */
  ints(list: readonly number[]): string {
    const key = list.join();
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const name = this.constant(BigInt64Array.from(list, BigInt), [list.length], 'int64');
    this.#lists.set(key, name);
    return name;
  }

  get shapes(): readonly ShapeInput[] {
    return [...this.#shapes.values()];
  }

  /**
   * A shape as an int64 tensor: a constant where all sizes are known, else read off a graph input at run time.
   * WebGPU computes nothing on int64, so Shape and Concat would run on the CPU: there the caller feeds the sizes it knows.
   */
  shape(shape: readonly Dim[]): string {
    if (shape.every((dim) => typeof dim === 'number')) return this.ints(shape);
    if (this.provider === 'webgpu') {
      const key = shape.join();
      const input = this.#shapes.get(key) ?? { name: this.name('shape'), shape };
      this.#shapes.set(key, input);
      return input.name;
    }
    const parts = shape.map((dim) => (typeof dim === 'number' ? this.ints([dim]) : this.#dim(dim)));
    return parts.length === 1 ? parts[0]! : this.emit('Concat', parts, { axis: 0n });
  }

  /** ONNX's 0 (copy this axis) and one -1 (whatever is left) say most reshapes without reading any size. */
  reshapeTo(data: Value, shape: readonly Dim[]): string {
    let open = 0;
    const list = shape.map((dim, axis) => {
      if (typeof dim === 'number') return dim;
      if (data.shape[axis] === dim) return 0;
      open++;
      return -1;
    });
    return open <= 1 ? this.ints(list) : this.shape(shape);
  }

  #dim(name: string): string {
    const known = this.#dims.get(name);
    if (known !== undefined) return known;
    const source = this.#axes.get(name);
    let output: string;
    if (source) {
      output = this.emit('Shape', [source.input.name], {
        start: BigInt(source.axis),
        end: BigInt(source.axis + 1),
      });
    } else {
      const factors = factorsOf(name);
      if (factors.length === 1) throw new GraphError(`no graph input has an axis called ${name}`);
      output = factors
        .map((factor) => (typeof factor === 'number' ? this.ints([factor]) : this.#dim(factor)))
        .reduce((product, factor) => this.emit('Mul', [product, factor]));
    }
    this.#dims.set(name, output);
    return output;
  }
}

type LowerRule<O extends OpName> = (
  l: Lowering,
  node: Node<O>,
  output: string,
  x: Inputs<O>,
  a: Attributes<O>,
) => void;
type LowerRules = { readonly [O in OpName]: LowerRule<O> };

/** Operators that ONNX has under the same name, inputs in the same order and no attributes. */
const plain =
  (opType: string) =>
  (l: Lowering, node: Node, output: string): void => {
    l.emit(
      opType,
      inputsOf(node).map((value) => value.name),
      {},
      { output },
    );
  };

const axisAttribute =
  (opType: string) =>
  (l: Lowering, node: Node, output: string, _x: unknown, { axis }: { axis: number }): void => {
    l.emit(
      opType,
      inputsOf(node).map((value) => value.name),
      { axis: BigInt(axis) },
      { output },
    );
  };

const reduction =
  (opType: string) =>
  (
    l: Lowering,
    _node: Node,
    output: string,
    x: { data: Value },
    a: { axes: readonly number[]; keepDims: boolean },
  ): void => {
    l.emit(opType, [x.data.name, l.ints(a.axes)], { keepdims: a.keepDims ? 1n : 0n }, { output });
  };

function transposed(l: Lowering, value: Value): string {
  const rank = value.shape.length;
  const perm = Array.from({ length: rank }, (_, i) => BigInt(i < rank - 2 ? i : 2 * rank - 3 - i));
  return l.emit('Transpose', [value.name], { perm });
}

/** FusedMatMul transposes while it packs, at no cost; WebGPU lacks it, and there Gemm does for matrices. */
function matmul(
  l: Lowering,
  _node: Node,
  output: string,
  { A, B }: Inputs<'MatMul'>,
  a: Attributes<'MatMul'>,
): void {
  const { transA, transB, alpha } = a;
  if (!transA && !transB && alpha === 1) {
    l.emit('MatMul', [A.name, B.name], {}, { output });
  } else if ((l.provider === 'cpu' || l.provider === 'cuda') && A.type !== 'float64') {
    const attributes = { transA: transA ? 1n : 0n, transB: transB ? 1n : 0n, alpha };
    l.emit('FusedMatMul', [A.name, B.name], attributes, { output, domain: MICROSOFT });
  } else if (A.shape.length === 2 && B.shape.length === 2) {
    l.emit(
      'Gemm',
      [A.name, B.name],
      { transA: transA ? 1n : 0n, transB: transB ? 1n : 0n, alpha, beta: 1 },
      { output },
    );
  } else {
    const left = transA ? transposed(l, A) : A.name;
    const right = transB ? transposed(l, B) : B.name;
    if (alpha === 1) l.emit('MatMul', [left, right], {}, { output });
    else l.emit('Mul', [l.emit('MatMul', [left, right]), scalar(l, alpha, A.type)], {}, { output });
  }
}

function scalar(l: Lowering, x: number, type: ElementType): string {
  return l.constant(type === 'float64' ? new Float64Array([x]) : new Float32Array([x]), [], type);
}

/** Indices as int64, which some operators insist on: WebGPU makes them from its int32 where they are used. */
function wide(l: Lowering, indices: Pick<Value, 'name' | 'type'>): string {
  return indices.type === 'int64' ? indices.name : l.emit('Cast', [indices.name], { to: onnxType.int64 });
}

function rotary(
  l: Lowering,
  _node: Node,
  output: string,
  x: Inputs<'Rotary'>,
  a: Attributes<'Rotary'>,
): void {
  const names = [x.X.name, wide(l, x.positions), x.cos.name, x.sin.name];
  const width = x.X.shape[2]!;
  const size = typeof width === 'number' ? width / a.heads : Number.NaN;
  const attributes =
    a.rotated === size ? {} : { num_heads: BigInt(a.heads), rotary_embedding_dim: BigInt(a.rotated) };
  l.emit('RotaryEmbedding', names, { interleaved: 0n, ...attributes }, { output, domain: MICROSOFT });
}

const onnxType: Readonly<Record<ElementType, bigint>> = {
  float32: 1n,
  uint8: 2n,
  int32: 6n,
  int64: 7n,
  bool: 9n,
  float16: 10n,
  float64: 11n,
};

/** The number ONNX gives an element type (TensorProto.DataType). */
export function onnxTypeNumber(type: ElementType): number {
  return Number(onnxType[type]);
}

const rules: LowerRules = {
  Add: plain('Add'),
  Sub: plain('Sub'),
  Mul: plain('Mul'),
  Div: plain('Div'),
  Neg: plain('Neg'),
  Exp: plain('Exp'),
  Log: plain('Log'),
  Sqrt: plain('Sqrt'),
  Reciprocal: plain('Reciprocal'),
  Sin: plain('Sin'),
  Cos: plain('Cos'),
  Tanh: plain('Tanh'),
  Erf: plain('Erf'),
  Sigmoid: plain('Sigmoid'),
  Silu: (l, _node, output, { X }) => {
    if (X.type === 'float64') l.emit('Mul', [X.name, l.emit('Sigmoid', [X.name])], {}, { output });
    else l.emit('QuickGelu', [X.name], { alpha: 1 }, { output, domain: MICROSOFT });
  },
  Floor: plain('Floor'),
  Detach: plain('Identity'),
  Stated: (l, _node, output, [X]) => void l.emit('Identity', [X!.name], {}, { output }),
  Cast: (l, _node, output, { input }, { to }) => {
    l.emit('Cast', [input.name], { to: onnxType[to] }, { output });
  },
  Greater: plain('Greater'),
  Where: plain('Where'),
  MatMul: (l, node, output, x, a) => {
    if (!codedProduct(l, x, a, output)) matmul(l, node, output, x, a);
  },
  Gemm: (l, _node, output, { A, B, C }, { transA, transB, alpha }) => {
    const attributes = { transA: transA ? 1n : 0n, transB: transB ? 1n : 0n, alpha, beta: 1 };
    l.emit('Gemm', [A.name, B.name, C.name], attributes, { output });
  },
  Dequantize: dequantize,
  Reshape: (l, _node, output, { data }, { shape }) => {
    l.emit('Reshape', [data.name, l.reshapeTo(data, shape)], {}, { output });
  },
  Transpose: (l, _node, output, { data }, { perm }) => {
    l.emit('Transpose', [data.name], { perm: perm.map(BigInt) }, { output });
  },
  Expand: (l, _node, output, { input }, { shape }) => {
    l.emit('Expand', [input.name, l.shape(shape)], {}, { output });
  },
  Slice: (l, _node, output, { data }, { axis, start, end }) => {
    l.emit('Slice', [data.name, l.ints([start]), l.ints([end]), l.ints([axis])], {}, { output });
  },
  Concat: axisAttribute('Concat'),
  Pad: (l, _node, output, { data }, { axis, before, after }) => {
    l.emit('Pad', [data.name, l.ints([before, after]), '', l.ints([axis])], {}, { output });
  },
  Gather: axisAttribute('Gather'),
  GatherElements: axisAttribute('GatherElements'),
  ScatterElements: (l, node, output, _x, { axis }) => {
    const names = inputsOf(node).map((value) => value.name);
    l.emit('ScatterElements', names, { axis: BigInt(axis), reduction: 'add' }, { output });
  },
  ScatterRows: (l, _node, output, { data, indices, updates }) => {
    const name = l.emit('Unsqueeze', [indices.name, l.ints([indices.shape.length])]);
    const column = wide(l, { name, type: indices.type });
    l.emit('ScatterND', [data.name, column, updates.name], { reduction: 'add' }, { output });
  },
  Permute: (l, _node, output, { data, indices }) => {
    l.emit('Gather', [data.name, indices.name], { axis: 0n }, { output });
  },
  PackRows: (l, _node, output, inputs) => {
    const names = inputs.map((value) => value.name);
    const count = (names.length - 1) / 2;
    const table = count === 1 ? names[0]! : l.emit('Concat', names.slice(0, count), { axis: 0n });
    l.emit('Gather', [table, names[count]!], { axis: 0n }, { output });
  },
  // log sum e^x - x[label] with log sum e^x = max x - log max softmax(x): ReduceLogSumExp adds one by one in single precision
  // (5e-5 too little over 49,152 classes), the softmax doesn't (1e-6), and its gradient needs it anyway
  CrossEntropy: (l, _node, output, { logits, labels }) => {
    const probabilities = l.emit('Softmax', [logits.name], { axis: -1n });
    const likeliest = l.emit('ReduceMax', [probabilities, l.ints([1])], { keepdims: 1n });
    const largest = l.emit('ReduceMax', [logits.name, l.ints([1])], { keepdims: 1n });
    const total = l.emit('Sub', [largest, l.emit('Log', [likeliest])]);
    const chosen = l.emit('GatherElements', [logits.name, labels.name], { axis: 1n });
    l.emit('Sub', [total, chosen], {}, { output });
  },
  ReduceSum: reduction('ReduceSum'),
  ReduceMean: reduction('ReduceMean'),
  ReduceMax: reduction('ReduceMax'),
  ReduceSumSquare: reduction('ReduceSumSquare'),
  ReduceLogSumExp: reduction('ReduceLogSumExp'),
  Softmax: (l, _node, output, { input }) => {
    l.emit('Softmax', [input.name], { axis: -1n }, { output });
  },
  RmsNorm: (l, _node, output, { X, scale }, { epsilon }) => {
    l.emit(
      'SimplifiedLayerNormalization',
      [X.name, scale.name],
      { axis: -1n, epsilon, stash_type: 1n },
      { output },
    );
  },
  LayerNorm: (l, _node, output, { X, scale, B }, { epsilon }) => {
    l.emit('LayerNormalization', [X.name, scale.name, B.name], { axis: -1n, epsilon }, { output });
  },
  Rotary: rotary,
};

/** The graph in ONNX's own operators for `provider`. */
export function lower(given: Graph, provider: Provider): OnnxGraph {
  const graph = provider === 'webgpu' ? narrow(given) : given;
  const lowering = new Lowering(graph, provider);
  const apply = <O extends OpName>(node: Node<O>): void => {
    const rule: LowerRule<O> = rules[node.op];
    rule(lowering, node, node.output.name, node.inputs, node.attributes);
  };
  for (const node of graph.nodes) apply(node);
  const { shapes, constants, nodes } = lowering;
  const shapeInputs = shapes.map(({ name, shape }): Value => ({
    name,
    type: 'int64',
    shape: [shape.length],
  }));
  return {
    inputs: [...graph.inputs, ...shapeInputs],
    outputs: graph.outputs,
    constants,
    nodes: live(nodes, graph.outputs),
    shapes,
  };
}
