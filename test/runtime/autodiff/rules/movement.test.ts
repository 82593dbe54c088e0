/** @file Gradients of moves are moves: back by the inverse, sums only where something was read twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backward } from '../../../../runtime/autodiff/backward.ts';
import type { Value } from '../../../../runtime/graph/ir.ts';
import { GraphBuilder } from '../../../../runtime/graph/ops.ts';

/** Operators that the gradient by `wanted` adds, and its shape. */
function reversed(op: GraphBuilder, y: Value, wanted: Value): [string[], Value] {
  const dy = op.input('dy', y.type, y.shape);
  const before = op.nodes.length;
  const [gradient] = backward(op, [{ value: y, gradient: dy }], [wanted]);
  return [op.nodes.slice(before).map((node) => node.op), gradient!];
}

it('a permutation of axes is undone by its inverse', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (perm) => {
      const op = new GraphBuilder();
      const x = op.input('x', 'float32', ['rows', 2, 'tokens', 3]);
      const [added, gradient] = reversed(op, op.transpose(x, perm), x);
      expect(added).toEqual(['Transpose']);
      expect(gradient.shape).toEqual(x.shape);
    }),
  );
});

it('cutting is undone by zeros, zeros by cutting, joining by cutting', () => {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', ['tokens', 8]);
  const [added, gradient] = reversed(op, op.slice(x, 1, 2, 5), x);
  expect(added).toEqual(['Pad']);
  expect(gradient.producer!.attributes).toEqual({ axis: 1, before: 2, after: 3 });
  const more = new GraphBuilder();
  const parts = [2, 3, 4].map((width, i) => more.input(`x${i}`, 'float32', ['tokens', width]));
  const [cuts, part] = reversed(more, more.concat(parts, 1), parts[1]!);
  expect(cuts).toEqual(['Slice']);
  expect(part.producer!.attributes).toEqual({ axis: 1, start: 2, end: 5 });
});

describe('lookups', () => {
  it('that may read a row twice add into zeros', () => {
    const op = new GraphBuilder();
    const table = op.input('table', 'float32', [50, 4]);
    const y = op.gather(table, op.input('ids', 'int64', ['tokens']));
    const [added, gradient] = reversed(op, y, table);
    expect(added).toEqual(['Expand', 'ScatterRows']);
    expect(gradient.shape).toEqual([50, 4]);
  });

  it('along another axis than the first say that nobody wrote it', () => {
    const op = new GraphBuilder();
    const table = op.input('table', 'float32', [50, 4]);
    const y = op.gather(table, op.input('ids', 'int64', ['tokens']), 1);
    expect(() => reversed(op, y, table)).toThrow('the gradient of Gather is written for axis 0');
  });

  it('that read no row twice are undone by a lookup, rows nothing read by a factor of zero', () => {
    for (const partial of [false, true]) {
      const op = new GraphBuilder();
      const data = op.input('data', 'float32', ['n', 4]);
      const indices = op.input('indices', 'int32', ['tiles', 'slots']);
      const inverse = op.input('inverse', 'int32', ['n']);
      const valid = partial ? op.input('valid', 'float32', ['n', 1]) : undefined;
      const [added, gradient] = reversed(op, op.permute(data, indices, inverse, valid), data);
      expect(added.filter((name) => name !== 'Reshape')).toEqual(partial ? ['Permute', 'Mul'] : ['Permute']);
      expect(gradient.shape).toEqual(['n', 4]);
    }
  });

  it('from several tables give each table its rows', () => {
    const op = new GraphBuilder();
    const tables = ['a', 'b'].map((name) => op.input(name, 'float32', [`rows-${name}`, 4]));
    const inverses = ['a', 'b'].map((name) => op.input(`${name}.rows`, 'int32', [`rows-${name}`]));
    const y = op.packRows(tables, op.input('index', 'int32', ['tokens']), inverses);
    const [added, gradient] = reversed(op, y, tables[1]!);
    expect(added).toEqual(['Gather']);
    expect(gradient.shape).toEqual(['rows-b', 4]);
  });
});

it('a part of an axis that only a call knows has no gradient, and says so', () => {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', ['tokens', 8]);
  expect(() => reversed(op, op.slice(x, 0, 0, 2), x)).toThrow(
    'axis 0 of x must have a known size for its gradient',
  );
});
