/** @file Shape and type inference: one function an operator, run when a node is built, so that a wrong graph fails where it is written. */
import { describeValue, productDim } from './ir.ts';
import type { Attributes, Dim, ElementType, Inputs, OpName, Value } from './ir.ts';

export interface TypeAndShape {
  readonly type: ElementType;
  readonly shape: readonly Dim[];
}

type Infer = { readonly [O in OpName]: (inputs: Inputs<O>, attributes: Attributes<O>) => TypeAndShape };

/** Thrown for a graph that can't be: a bug in whoever builds it, never a person's input. */
export class GraphError extends Error {}

/** NumPy's broadcasting on sizes that may be names: equal names match, 1 stretches. */
export function broadcastShapes(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new GraphError(`shapes [${a.join(', ')}] and [${b.join(', ')}] don't broadcast`);
  });
}

function elementwise({ A, B }: { A: Value; B: Value }): TypeAndShape {
  if (A.type !== B.type) throw new GraphError(`mixed types ${describeValue(A)} and ${describeValue(B)}`);
  return { type: A.type, shape: broadcastShapes(A.shape, B.shape) };
}

const same = ({ X }: { X: Value }): TypeAndShape => ({ type: X.type, shape: X.shape });

function reduce(
  { data }: { data: Value },
  { axes, keepDims }: { axes: readonly number[]; keepDims: boolean },
): TypeAndShape {
  const shape = data.shape.flatMap((dim, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [dim]));
  return { type: data.type, shape };
}

function product(A: Value, B: Value, transA: boolean, transB: boolean): TypeAndShape {
  if (A.shape.length < 2 || B.shape.length < 2)
    throw new GraphError('a matrix product needs two axes on both sides');
  if (A.type !== B.type) throw new GraphError(`mixed types ${describeValue(A)} and ${describeValue(B)}`);
  const [m, k] = lastTwo(A, transA);
  const [k2, n] = lastTwo(B, transB);
  if (k !== k2)
    throw new GraphError(
      `inner sizes differ: ${describeValue(A)}${transA ? 'T' : ''} x ${describeValue(B)}${transB ? 'T' : ''}`,
    );
  return { type: A.type, shape: [...broadcastShapes(A.shape.slice(0, -2), B.shape.slice(0, -2)), m, n] };
}

function lastTwo({ shape }: Value, transposed: boolean): [Dim, Dim] {
  const rows = shape[shape.length - 2]!;
  const columns = shape[shape.length - 1]!;
  return transposed ? [columns, rows] : [rows, columns];
}

function replaceAt(shape: readonly Dim[], axis: number, dim: Dim): Dim[] {
  return shape.map((old, i) => (i === axis ? dim : old));
}

/** All sizes equal but for those of `axis`. */
function agreeBeside(axis: number, a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, i) => i === axis || dim === b[i]);
}

function fixedSize(value: Value, axis: number): number {
  const size = value.shape[axis];
  if (typeof size !== 'number')
    throw new GraphError(`axis ${axis} of ${value.name} (${describeValue(value)}) must have a known size`);
  return size;
}

export const infer: Infer = {
  Add: elementwise,
  Sub: elementwise,
  Mul: elementwise,
  Div: elementwise,
  Neg: same,
  Exp: same,
  Log: same,
  Sqrt: same,
  Reciprocal: same,
  Sin: same,
  Cos: same,
  Tanh: same,
  Erf: same,
  Sigmoid: same,
  Silu: same,
  Floor: same,
  Detach: same,
  Stated: ([X]) => ({ type: X!.type, shape: X!.shape }),
  Cast: ({ input }, { to }) => ({ type: to, shape: input.shape }),
  Greater: ({ A, B }) => ({ type: 'bool', shape: broadcastShapes(A.shape, B.shape) }),
  Where: ({ condition, X, Y }) => ({
    type: X.type,
    shape: broadcastShapes(condition.shape, broadcastShapes(X.shape, Y.shape)),
  }),
  MatMul: ({ A, B }, { transA, transB }) => product(A, B, transA, transB),
  Gemm: ({ A, B, C }, { transA, transB }) => {
    const result = product(A, B, transA, transB);
    if (A.shape.length !== 2 || B.shape.length !== 2) throw new GraphError('Gemm takes matrices');
    broadcastShapes(C.shape, result.shape);
    return result;
  },
  Dequantize: ({ codes, scales }, { shape, block }) => {
    const count = shape.reduce((n, size) => n * size, 1);
    const fits = codes.shape[0] === Math.ceil(count / 2) && scales.shape[0] === Math.ceil(count / block);
    if (!fits || codes.type !== 'uint8')
      throw new GraphError(
        `[${shape.join(', ')}] doesn't come from ${describeValue(codes)} and ${describeValue(scales)}`,
      );
    return { type: scales.type, shape };
  },
  Reshape: ({ data }, { shape }) => {
    if (productDim(data.shape) !== productDim(shape))
      throw new GraphError(`${describeValue(data)} doesn't fit into [${shape.join(', ')}]`);
    return { type: data.type, shape };
  },
  Transpose: ({ data }, { perm }) => ({ type: data.type, shape: perm.map((axis) => data.shape[axis]!) }),
  Expand: ({ input }, { shape }) => ({ type: input.type, shape: broadcastShapes(input.shape, shape) }),
  Slice: ({ data }, { axis, start, end }) => {
    const size = data.shape[axis];
    if (start < 0 || end <= start || (typeof size === 'number' && end > size))
      throw new GraphError(`slice ${start}..${end} of axis ${axis} leaves ${describeValue(data)}`);
    return { type: data.type, shape: replaceAt(data.shape, axis, end - start) };
  },
  Concat: (inputs, { axis }) => {
    const total = inputs.reduce((sum, value) => sum + fixedSize(value, axis), 0);
    for (const value of inputs)
      if (value.type !== inputs[0]!.type || !agreeBeside(axis, value.shape, inputs[0]!.shape))
        throw new GraphError(
          `no whole from ${describeValue(inputs[0]!)} and ${describeValue(value)} along axis ${axis}`,
        );
    return { type: inputs[0]!.type, shape: replaceAt(inputs[0]!.shape, axis, total) };
  },
  Pad: ({ data }, { axis, before, after }) => ({
    type: data.type,
    shape: replaceAt(data.shape, axis, fixedSize(data, axis) + before + after),
  }),
  Gather: ({ data, indices }, { axis }) => ({
    type: data.type,
    shape: [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)],
  }),
  GatherElements: ({ data, indices }) => ({ type: data.type, shape: indices.shape }),
  ScatterElements: ({ data }) => ({ type: data.type, shape: data.shape }),
  ScatterRows: ({ data, indices }) => {
    if (indices.type !== 'int64')
      throw new GraphError(`ScatterRows takes int64 indices, ${indices.name} is ${indices.type}`);
    return { type: data.type, shape: data.shape };
  },
  Permute: ({ data, indices }) => ({ type: data.type, shape: [...indices.shape, ...data.shape.slice(1)] }),
  PackRows: (inputs) => {
    const index = inputs[(inputs.length - 1) / 2]!;
    return { type: inputs[0]!.type, shape: [...index.shape, ...inputs[0]!.shape.slice(1)] };
  },
  CrossEntropy: ({ logits, labels }) => ({ type: logits.type, shape: labels.shape }),
  ReduceSum: reduce,
  ReduceMean: reduce,
  ReduceMax: reduce,
  ReduceSumSquare: reduce,
  ReduceLogSumExp: reduce,
  Softmax: ({ input }) => ({ type: input.type, shape: input.shape }),
  RmsNorm: same,
  LayerNorm: same,
  Rotary: same,
};
