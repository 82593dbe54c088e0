/** @file Gradients of operators that only move, copy or pick elements. */
import { productDim } from '../../graph/ir.ts';
import type { Value } from '../../graph/ir.ts';
import type { Op } from '../../graph/ops.ts';
import type { Rules } from '../rule.ts';

function inversePermutation(perm: readonly number[]): number[] {
  const inverse = Array.from(perm, () => 0);
  perm.forEach((from, to) => (inverse[from] = to));
  return inverse;
}

function knownSize(value: Value, axis: number): number {
  const size = value.shape[axis];
  if (typeof size !== 'number')
    throw new Error(`axis ${axis} of ${value.name} must have a known size for its gradient`);
  return size;
}

/** Leading axes folded into one. */
function flattenLeading(op: Op, value: Value, leading: number): Value {
  return op.reshape(value, [productDim(value.shape.slice(0, leading)), ...value.shape.slice(leading)]);
}

/** Start of each part in a concatenation along `axis`. */
function offsets(values: readonly Value[], axis: number): number[] {
  let next = 0;
  return values.map((value) => {
    const start = next;
    next += knownSize(value, axis);
    return start;
  });
}

export const movement = {
  Reshape: ({ op, dy, x }) => ({ data: () => op.reshape(dy, x.data.shape) }),
  Transpose: ({ op, dy, a }) => ({ data: () => op.transpose(dy, inversePermutation(a.perm)) }),
  // what was stretched is summed, which `backward` does for every rule
  Expand: ({ dy }) => ({ input: () => dy }),
  Slice: ({ op, dy, x, a }) => ({
    data: () => op.pad(dy, a.axis, a.start, knownSize(x.data, a.axis) - a.end),
  }),
  Concat: ({ op, dy, x, a }) => {
    const starts = offsets(x, a.axis);
    return x.map((value, i) => () => op.slice(dy, a.axis, starts[i]!, starts[i]! + knownSize(value, a.axis)));
  },
  Pad: ({ op, dy, x, a }) => ({
    data: () => op.slice(dy, a.axis, a.before, a.before + knownSize(x.data, a.axis)),
  }),
  // rows read twice receive both gradients, hence the adding scatter
  Gather: ({ op, dy, x, a }) => ({
    data: () => {
      if (a.axis !== 0) throw new Error('the gradient of Gather is written for axis 0');
      return op.scatterRows(op.zeros(x.data.shape, dy.type), x.indices, dy);
    },
    indices: null,
  }),
  GatherElements: ({ op, dy, x, a }) => ({
    data: () => op.scatterElements(op.zeros(x.data.shape, dy.type), x.indices, dy, a.axis),
    indices: null,
  }),
  ScatterElements: ({ op, dy, x, a }) => ({
    data: () => dy,
    indices: null,
    updates: () => op.gatherElements(dy, x.indices, a.axis),
  }),
  ScatterRows: ({ op, dy, x }) => ({
    data: () => dy,
    indices: null,
    updates: () => op.gather(dy, x.indices),
  }),
  // each table row goes back to the one result row that read it
  PackRows: ({ op, dy, x }) => {
    const count = (x.length - 1) / 2;
    return x.map((_, i) => (i < count ? () => op.gather(dy, x[count + 1 + i]!) : null));
  },
  // no row is read twice: the way back is the inverse gather, with zero where nothing read
  Permute: ({ op, dy, x }) => ({
    data: () => {
      const flat = flattenLeading(op, dy, x.indices.shape.length);
      const indices = flattenLeading(op, x.indices, x.indices.shape.length);
      const back = op.permute(flat, x.inverse, indices);
      return x.inverseValid ? op.mul(back, x.inverseValid) : back;
    },
    indices: null,
    inverse: null,
    inverseValid: null,
  }),
} satisfies Partial<Rules>;
