/** @file ONNX as typed data: values, nodes, and the closed vocabulary of operators that the rest of the runtime may use. */

export type ElementType = 'float32' | 'float16' | 'float64' | 'int32' | 'int64' | 'uint8' | 'bool';

/** A size that is known, or the name of one that each call decides ("tokens"), or a product ("9*tokens", see `productDim`). */
export type Dim = number | string;

/** The product of sizes in one canonical form, so that equal products are equal strings: known factor first, then names sorted. */
export function productDim(dims: readonly Dim[]): Dim {
  const factors = dims.flatMap((dim) => (typeof dim === 'number' ? [dim] : factorsOf(dim)));
  const known = factors.reduce<number>((n, factor) => (typeof factor === 'number' ? n * factor : n), 1);
  const names = factors.filter((factor) => typeof factor === 'string').sort();
  if (names.length === 0) return known;
  return (known === 1 ? names : [known, ...names]).join('*');
}

/** The factors of a named size, numbers as numbers. */
export function factorsOf(dim: string): Dim[] {
  return dim.split('*').map((factor) => (/^\d+$/.test(factor) ? Number(factor) : factor));
}

export interface Value {
  /** Unique within its graph; readable, since printed graphs and error messages show it. */
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dim[];
  /** What computes it; absent for graph inputs and constants. */
  readonly producer?: Node;
}

/** Axis attributes are counted from 0 after building; negative ones are accepted by the builder only. */
export interface Vocabulary {
  Add: { inputs: { A: Value; B: Value }; attributes: NoAttributes };
  Sub: { inputs: { A: Value; B: Value }; attributes: NoAttributes };
  Mul: { inputs: { A: Value; B: Value }; attributes: NoAttributes };
  Div: { inputs: { A: Value; B: Value }; attributes: NoAttributes };
  Neg: Unary;
  Exp: Unary;
  Log: Unary;
  Sqrt: Unary;
  Reciprocal: Unary;
  Sin: Unary;
  Cos: Unary;
  Tanh: Unary;
  Erf: Unary;
  Sigmoid: Unary;
  /** x * sigmoid(x). */
  Silu: Unary;
  Floor: Unary;
  /** A copy whose gradient is zero. */
  Detach: Unary;
  /** The first input itself; `gradient` states the gradients by the others from that of the output, whatever computed it. */
  Stated: { inputs: readonly Value[]; attributes: { gradient: (dy: Value) => readonly Value[] } };
  Cast: { inputs: { input: Value }; attributes: { to: ElementType } };
  Greater: { inputs: { A: Value; B: Value }; attributes: NoAttributes };
  Where: { inputs: { condition: Value; X: Value; Y: Value }; attributes: NoAttributes };
  /** alpha * op(A) op(B), op(M) = M or its transpose over the last two axes; leading axes broadcast. */
  MatMul: { inputs: { A: Value; B: Value }; attributes: { transA: boolean; transB: boolean; alpha: number } };
  /** alpha * op(A) op(B) + C with matrices A, B; C broadcasts to the product. */
  Gemm: {
    inputs: { A: Value; B: Value; C: Value };
    attributes: { transA: boolean; transB: boolean; alpha: number };
  };
  /**
   * The numbers that 4-bit NF4 codes stand for (model/quantize/nf4.ts): codes uint8 [numbers / 2], the largest magnitude of each
   * `block` of numbers [numbers / block], both rounded up -> `shape`.
   */
  Dequantize: {
    inputs: { codes: Value; scales: Value };
    attributes: { shape: readonly number[]; block: number };
  };
  Reshape: { inputs: { data: Value }; attributes: { shape: readonly Dim[] } };
  Transpose: { inputs: { data: Value }; attributes: { perm: readonly number[] } };
  Expand: { inputs: { input: Value }; attributes: { shape: readonly Dim[] } };
  Slice: { inputs: { data: Value }; attributes: { axis: number; start: number; end: number } };
  Concat: { inputs: readonly Value[]; attributes: { axis: number } };
  /** Zeros before and after along one axis. */
  Pad: { inputs: { data: Value }; attributes: { axis: number; before: number; after: number } };
  Gather: { inputs: { data: Value; indices: Value }; attributes: { axis: number } };
  GatherElements: { inputs: { data: Value; indices: Value }; attributes: { axis: number } };
  /** `data` with `updates` added at `indices` along `axis`, repeated indices summed. */
  ScatterElements: { inputs: { data: Value; indices: Value; updates: Value }; attributes: { axis: number } };
  /** Row i of `updates` is added to row indices[i] of `data` (axis 0), repeated indices summed. */
  ScatterRows: { inputs: { data: Value; indices: Value; updates: Value }; attributes: NoAttributes };
  /**
   * data[indices] along axis 0, where no row of `data` is read more than once: `inverse` holds for each row of `data` its place
   * in the flattened `indices`, so that the gradient is a gather too. Rows that nothing reads need `inverseValid` (1 or 0 a row,
   * same rank as `data`); without it each row is read.
   */
  Permute: {
    inputs: { data: Value; indices: Value; inverse: Value; inverseValid?: Value };
    attributes: NoAttributes;
  };
  /**
   * Rows of several tables picked into one: inputs are G tables [n_g, width], then `index` [rows] into their concatenation, then
   * for each table the row of the result that reads its i-th row, [n_g]. Table rows that nobody needs name a result row whose
   * gradient is known to be zero.
   */
  PackRows: { inputs: readonly Value[]; attributes: NoAttributes };
  /** -log softmax(logits)[label] a row: logits [rows, classes], labels int64 [rows, 1] -> [rows, 1]. */
  CrossEntropy: { inputs: { logits: Value; labels: Value }; attributes: NoAttributes };
  ReduceSum: Reduction;
  ReduceMean: Reduction;
  ReduceMax: Reduction;
  ReduceSumSquare: Reduction;
  ReduceLogSumExp: Reduction;
  /** Over the last axis. */
  Softmax: { inputs: { input: Value }; attributes: NoAttributes };
  /** x / sqrt(mean(x^2) + eps) * scale over the last axis. */
  RmsNorm: { inputs: { X: Value; scale: Value }; attributes: { epsilon: number } };
  LayerNorm: { inputs: { X: Value; scale: Value; B: Value }; attributes: { epsilon: number } };
  /**
   * Rotates pairs (i, i + rotated / 2) of each head: X [rows, tokens, heads * size], positions [rows, tokens] int64,
   * cos and sin [positions, rotated / 2].
   */
  Rotary: {
    inputs: { X: Value; positions: Value; cos: Value; sin: Value };
    attributes: { heads: number; rotated: number };
  };
}

export type NoAttributes = object;
interface Unary {
  inputs: { X: Value };
  attributes: NoAttributes;
}
interface Reduction {
  inputs: { data: Value };
  attributes: { axes: readonly number[]; keepDims: boolean };
}

export type OpName = keyof Vocabulary;
export type Inputs<O extends OpName> = Vocabulary[O]['inputs'];
export type Attributes<O extends OpName> = Vocabulary[O]['attributes'];

/** One operator application. Each operator here has exactly one output. */
export interface Node<O extends OpName = OpName> {
  readonly op: O;
  readonly inputs: Inputs<O>;
  readonly attributes: Attributes<O>;
  readonly output: Value;
}

export interface Constant {
  readonly value: Value;
  readonly data: ConstantData;
}
export type ConstantData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** A finished graph, nodes in an order in which they can run. */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
}

/** The values a node reads, in ONNX's order. */
export function inputsOf(node: Node): readonly Value[] {
  return Array.isArray(node.inputs)
    ? (node.inputs as readonly Value[])
    : Object.values(node.inputs as object);
}

/** `float32[tokens, 576]`, for messages and printed graphs. */
export function describeValue(value: Pick<Value, 'type' | 'shape'>): string {
  return `${value.type}[${value.shape.join(', ')}]`;
}
