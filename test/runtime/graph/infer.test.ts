/** @file Shapes and types of results, and that a graph which can't be fails where it is written. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastShapes, GraphError } from '../../../runtime/graph/infer.ts';
import { productDim } from '../../../runtime/graph/ir.ts';
import type { Dim, Value } from '../../../runtime/graph/ir.ts';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';

const size = fc.oneof(fc.integer({ min: 2, max: 9 }), fc.constantFrom('tokens', 'rows', '9*tokens'));
const shape = fc.array(size, { minLength: 1, maxLength: 5 });
/** How each axis of a result came about: from both operands, or stretched in one of them. */
const origins = fc.array(fc.constantFrom('both', 'left', 'right'), { minLength: 5, maxLength: 5 });

const input = (dims: readonly Dim[]): [GraphBuilder, Value] => {
  const op = new GraphBuilder();
  return [op, op.input('x', 'float32', dims)];
};

describe('broadcasting', () => {
  it('gives back the shape that two operands were cut from', () => {
    fc.assert(
      fc.property(shape, origins, fc.nat(5), (full, from, dropped) => {
        const left = full.map((dim, i) => (from[i] === 'right' ? 1 : dim));
        const right = full.map((dim, i) => (from[i] === 'left' ? 1 : dim));
        expect(broadcastShapes(left, right)).toEqual(full);
        expect(broadcastShapes(right, left)).toEqual(full);
        // axes that lack in front count as 1
        expect(broadcastShapes(full, full.slice(Math.min(dropped, full.length)))).toEqual(full);
      }),
    );
  });

  it('refuses two sizes that differ, known or named', () => {
    fc.assert(
      fc.property(shape, fc.nat(4), size, (full, at, other) => {
        const axis = at % full.length;
        fc.pre(full[axis] !== other);
        const changed = full.map((dim, i) => (i === axis ? other : dim));
        expect(() => broadcastShapes(full, changed)).toThrow(GraphError);
      }),
    );
    expect(() => broadcastShapes(['tokens', 4], ['rows', 4])).toThrow(
      "shapes [tokens, 4] and [rows, 4] don't broadcast",
    );
  });

  it('of three operands is that of any two and the third', () => {
    const op = new GraphBuilder();
    const condition = op.input('c', 'bool', ['tokens', 1]);
    const picked = op.where(condition, op.input('a', 'float32', [4]), op.input('b', 'float32', [3, 1, 1]));
    expect([picked.type, picked.shape]).toEqual(['float32', [3, 'tokens', 4]]);
    expect(op.greater(picked, 0).type).toBe('bool');
  });
});

describe('reshape', () => {
  it('takes any grouping of the same factors', () => {
    fc.assert(
      fc.property(shape, fc.nat(5), fc.nat(5), (dims, a, b) => {
        const [op, x] = input(dims);
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const grouped = [...dims.slice(0, from), productDim(dims.slice(from, to)), ...dims.slice(to)];
        expect(op.reshape(x, grouped).shape).toEqual(grouped);
        expect(op.reshape(op.reshape(x, grouped), dims).shape).toEqual(dims);
      }),
    );
  });

  it('knows that heads times tokens are rows', () => {
    const [op, x] = input(['tokens', 576]);
    expect(op.reshape(x, ['9*tokens', 64]).shape).toEqual(['9*tokens', 64]);
    expect(() => op.reshape(x, ['8*tokens', 64])).toThrow(
      "float32[tokens, 576] doesn't fit into [8*tokens, 64]",
    );
    expect(() => op.reshape(x, ['rows', 576])).toThrow(GraphError);
  });
});

describe('parts', () => {
  it('cut anywhere and put together are the whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.nat(18), (width, at) => {
        const cut = 1 + (at % (width - 1));
        const [op, x] = input(['tokens', width, 3]);
        const parts = [op.slice(x, 1, 0, cut), op.slice(x, -2, cut, width)];
        expect(op.concat(parts, 1).shape).toEqual(x.shape);
        // the zeros around a part are its complement
        expect(op.pad(parts[0]!, 1, 0, width - cut).shape).toEqual(x.shape);
      }),
    );
  });

  it('outside of what they are cut from are refused', () => {
    const [op, x] = input(['tokens', 8]);
    for (const [start, end] of [
      [0, 9],
      [-1, 4],
      [4, 4],
      [5, 4],
    ] as const)
      expect(() => op.slice(x, 1, start, end)).toThrow(
        `slice ${start}..${end} of axis 1 leaves float32[tokens, 8]`,
      );
    expect(() => op.slice(x, 2, 0, 1)).toThrow('axis 2 of x with rank 2');
    expect(() => op.slice(x, -3, 0, 1)).toThrow(GraphError);
  });

  it('that differ beside the axis, in rank or in type make no whole', () => {
    const [op, x] = input(['tokens', 8]);
    const rows = op.input('rows', 'float32', ['rows', 8]);
    expect(() => op.concat([x, rows], 1)).toThrow('float32[tokens, 8] and float32[rows, 8] along axis 1');
    expect(() => op.concat([x, op.input('more', 'float32', ['tokens', 8, 1])], 1)).toThrow(GraphError);
    expect(() => op.concat([x, op.input('ids', 'int64', ['tokens', 8])], 1)).toThrow(GraphError);
  });

  it('need a known size along the axis', () => {
    const [op, x] = input(['tokens', 8]);
    expect(() => op.concat([x, x], 0)).toThrow('axis 0 of x (float32[tokens, 8]) must have a known size');
    expect(() => op.pad(x, 0, 1, 1)).toThrow('must have a known size');
  });
});

describe('products', () => {
  it('have the outer sizes, however their factors lie', () => {
    const sizes = fc.tuple(size, size, size, fc.array(size, { maxLength: 2 }), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(sizes, ([m, k, n, lead, transA, transB]) => {
        const op = new GraphBuilder();
        const a = op.input('a', 'float32', [...lead, ...(transA ? [k, m] : [m, k])]);
        const b = op.input('b', 'float32', transB ? [n, k] : [k, n]);
        expect(op.matmul(a, b, { transA, transB }).shape).toEqual([...lead, m, n]);
      }),
    );
  });

  it('refuse inner sizes and types that differ, vectors, and a sum of another shape', () => {
    const op = new GraphBuilder();
    const a = op.input('a', 'float32', ['tokens', 8]);
    const b = op.input('b', 'float32', [4, 8]);
    const v = op.input('v', 'float32', [8]);
    expect(() => op.matmul(a, b)).toThrow('inner sizes differ: float32[tokens, 8] x float32[4, 8]');
    expect(() => op.matmul(a, b, { transA: true, transB: true })).toThrow(
      'inner sizes differ: float32[tokens, 8]T x float32[4, 8]T',
    );
    expect(() => op.matmul(a, v)).toThrow('two axes');
    expect(() => op.matmul(a, op.cast(b, 'float16'), { transB: true })).toThrow(
      'mixed types float32[tokens, 8] and float16[4, 8]',
    );
    expect(op.gemm(a, b, op.scalar(0), { transB: true }).shape).toEqual(['tokens', 4]);
    expect(() => op.gemm(a, b, v, { transB: true })).toThrow("don't broadcast");
    const stacked = op.input('stacked', 'float32', [2, 8, 3]);
    expect(() => op.gemm(a, stacked, op.scalar(0))).toThrow('Gemm takes matrices');
  });
});

describe('lookups', () => {
  it('put the shape of the indices where the axis was', () => {
    const op = new GraphBuilder();
    const table = op.input('table', 'float32', [50, 32]);
    const ids = op.input('ids', 'int64', ['rows', 'tokens']);
    expect(op.gather(table, ids).shape).toEqual(['rows', 'tokens', 32]);
    expect(op.gather(table, ids, -1).shape).toEqual([50, 'rows', 'tokens']);
    const few = op.input('few', 'int64', ['rows']);
    const updates = op.input('updates', 'float32', ['rows', 32]);
    expect(op.scatterRows(table, few, updates).shape).toEqual([50, 32]);
    expect(() => op.scatterRows(table, op.cast(few, 'int32'), updates)).toThrow('takes int64 indices');
    const packed = op.packRows([table, table], ids, [few, few]);
    expect(packed.shape).toEqual(['rows', 'tokens', 32]);
  });
});

describe('reductions', () => {
  it('drop the axes or leave a 1, counted from either end', () => {
    const [op, x] = input([2, 'tokens', 4]);
    expect(op.sum(x, [0, -1]).shape).toEqual(['tokens']);
    expect(op.mean(x, [0, -1], { keepDims: true }).shape).toEqual([1, 'tokens', 1]);
    expect(op.sumSquare(x, [0, 1, 2]).shape).toEqual([]);
  });
});
