/** @file Gradients of products are products: transposes go into their flags, whatever flags the product had. */
import { describe, expect, it } from 'vitest';
import { backward } from '../../../../runtime/autodiff/backward.ts';
import { GraphBuilder } from '../../../../runtime/graph/ops.ts';

describe.each([
  [false, false],
  [false, true],
  [true, false],
  [true, true],
])('with transA %s and transB %s', (transA, transB) => {
  const operands = (lead: readonly string[]): [GraphBuilder, ReturnType<GraphBuilder['input']>[]] => {
    const op = new GraphBuilder();
    const a = op.input('a', 'float32', [...lead, ...(transA ? [8, 'tokens'] : ['tokens', 8])]);
    const b = op.input('b', 'float32', [...lead, ...(transB ? [3, 8] : [8, 3])]);
    return [op, [a, b, op.input('dy', 'float32', [...lead, 'tokens', 3])]];
  };

  it.each([{ lead: [] }, { lead: ['rows'] }])(
    'each factor gets one product, leading axes $lead',
    ({ lead }) => {
      const [op, [a, b, dy]] = operands(lead);
      const y = op.matmul(a!, b!, { transA, transB, alpha: 0.5 });
      const found = backward(op, [{ value: y, gradient: dy! }], [a!, b!]);
      expect(found.map(({ shape }) => shape)).toEqual([a!.shape, b!.shape]);
      expect(op.nodes.map((node) => node.op)).toEqual(['MatMul', 'MatMul', 'MatMul']);
      for (const { attributes } of op.nodes) expect(attributes).toMatchObject({ alpha: 0.5 });
    },
  );

  it('the sum inside a Gemm gets the gradient as it is, summed where it was stretched', () => {
    const [op, [a, b, dy]] = operands([]);
    const bias = op.input('bias', 'float32', [3]);
    const y = op.gemm(a!, b!, bias, { transA, transB, alpha: 2 });
    const before = op.nodes.length;
    const [dBias] = backward(op, [{ value: y, gradient: dy! }], [bias]);
    expect(dBias!.shape).toEqual([3]);
    expect(op.nodes.slice(before).map((node) => node.op)).toEqual(['ReduceSum', 'Reshape']);
  });
});

it('a factor that is shared by a stack gets the sum over the stack', () => {
  const op = new GraphBuilder();
  const [a, b] = [op.input('a', 'float32', [2, 'tokens', 8]), op.input('b', 'float32', [8, 3])];
  const y = op.matmul(a, b);
  const [db] = backward(op, [{ value: y, gradient: op.input('dy', 'float32', y.shape) }], [b]);
  expect(db!.shape).toEqual([8, 3]);
  expect(op.nodes.map((node) => node.op)).toEqual(['MatMul', 'MatMul', 'ReduceSum', 'Reshape']);
});
