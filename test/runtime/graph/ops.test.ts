/** @file The builder: names, constants made once, shortcuts that add no node, and what a finished graph keeps. */
import { describe, expect, it } from 'vitest';
import { GraphError } from '../../../runtime/graph/infer.ts';
import { axisOf, GraphBuilder } from '../../../runtime/graph/ops.ts';

describe('names', () => {
  it('of inputs are taken as they are, and twice is a mistake', () => {
    const op = new GraphBuilder();
    op.input('x', 'float32', [2]);
    expect(() => op.input('x', 'float32', [3])).toThrow('two values are called x');
  });

  it('of results and constants never meet another', () => {
    const op = new GraphBuilder();
    const x = op.input('Add', 'float32', [2]);
    op.input('Add_1', 'float32', [2]);
    let y = x;
    for (let i = 0; i < 5; i++) y = op.add(y, op.constant(new Float32Array(2), [2], 'float32', 'Add'));
    const all = [...op.inputs, ...op.constants.map(({ value }) => value), ...op.nodes.map((n) => n.output)];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all).toHaveLength(12);
  });
});

describe('numbers', () => {
  it('become constants of the other operand, each once a type', () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', [2]);
    const wide = op.input('wide', 'float64', [2]);
    op.add(op.mul(x, 2), 2);
    op.sub(2, wide);
    expect(op.constants.map(({ value, data }) => [value.type, value.shape, data])).toEqual([
      ['float32', [], new Float32Array([2])],
      ['float64', [], new Float64Array([2])],
    ]);
  });

  it('keep the sign of zero apart', () => {
    const op = new GraphBuilder();
    expect(op.scalar(-0)).not.toBe(op.scalar(0));
    expect(Object.is(op.constants[0]!.data[0], -0)).toBe(true);
  });

  it('of every type have an array of it; half precision is cast', () => {
    const op = new GraphBuilder();
    for (const type of ['float32', 'float64', 'int32', 'int64', 'uint8', 'bool'] as const) {
      expect(op.scalar(1, type).type).toBe(type);
      expect(Number(op.constants.at(-1)!.data[0])).toBe(1);
    }
    expect(() => op.scalar(1, 'float16')).toThrow('cast from float32');
    expect(op.constant(BigInt64Array.of(1n, 2n), [2]).type).toBe('int64');
    expect(op.constant(Int32Array.of(1), [1]).type).toBe('int32');
    expect(op.constant(Uint8Array.of(1), [1]).type).toBe('uint8');
    expect(op.constant(Float64Array.of(1), [1]).type).toBe('float64');
  });

  it('alone need no graph', () => {
    expect(() => new GraphBuilder().add(1, 2)).toThrow('two numbers need no graph');
  });
});

it('operands of two types are a mistake, said with both', () => {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', ['tokens', 4]);
  const ids = op.input('ids', 'int64', [4]);
  expect(() => op.add(x, ids)).toThrow('mixed types float32[tokens, 4] and int64[4]');
});

it('what changes nothing adds no node', () => {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', ['tokens', 4]);
  for (const same of [
    op.reshape(x, ['tokens', 4]),
    op.expand(x, ['tokens', 4]),
    op.cast(x, 'float32'),
    op.concat([x], 0),
  ])
    expect(same).toBe(x);
  expect(op.nodes).toEqual([]);
});

it('axes are counted from 0 once built', () => {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', [2, 3, 4]);
  expect(op.sum(x, [-1, 0]).producer!.attributes).toEqual({ axes: [2, 0], keepDims: false });
  expect(op.slice(x, -2, 0, 1).producer!.attributes).toEqual({ axis: 1, start: 0, end: 1 });
  expect(() => axisOf(x, 3)).toThrow('axis 3 of x with rank 3');
  expect(() => axisOf(x, -4)).toThrow(GraphError);
});

it('zeros of a named shape are one constant, stretched', () => {
  const op = new GraphBuilder();
  const zeros = op.zeros(['tokens', 4], 'float64');
  expect([zeros.type, zeros.shape, zeros.producer?.op]).toEqual(['float64', ['tokens', 4], 'Expand']);
});

describe('a finished graph', () => {
  it('holds what its outputs need, in an order that runs', () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', [2]);
    const unused = op.input('unused', 'float32', [2]);
    op.mul(unused, 3);
    const y = op.exp(op.add(x, 1));
    op.neg(y);
    const graph = op.finish([y]);
    expect(graph.inputs).toEqual([x]);
    expect(graph.nodes.map((node) => node.op)).toEqual(['Add', 'Exp']);
    expect(graph.constants.map(({ data }) => data[0])).toEqual([1]);
    expect(op.finish([y], true).inputs).toEqual([x, unused]);
  });

  it('is not changed by what is built afterwards', () => {
    const op = new GraphBuilder();
    const y = op.exp(op.input('x', 'float32', [2]));
    const graph = op.finish([y]);
    op.neg(op.add(y, 1));
    op.input('later', 'float32', [1]);
    expect([graph.nodes.length, graph.constants.length, graph.inputs.length]).toEqual([1, 0, 1]);
  });
});
