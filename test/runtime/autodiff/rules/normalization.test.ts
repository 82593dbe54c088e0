/** @file What is special in the rules of norms, softmax and rotation; their numbers are in rules.ort.test.ts. */
import { expect, it } from 'vitest';
import { backward } from '../../../../runtime/autodiff/backward.ts';
import type { Value } from '../../../../runtime/graph/ir.ts';
import { GraphBuilder } from '../../../../runtime/graph/ops.ts';

function reversed(op: GraphBuilder, y: Value, wanted: readonly Value[]): Value[] {
  return backward(op, [{ value: y, gradient: op.input('dy', 'float32', y.shape) }], wanted);
}

it('a rotation is undone by the same rotation with the sine turned round', () => {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', ['tokens', 1, 32]);
  const [cos, sin] = [op.input('cos', 'float32', ['known', 4]), op.input('sin', 'float32', ['known', 4])];
  const y = op.rotary(x, op.input('p', 'int64', ['tokens', 1]), cos, sin, { heads: 4, rotated: 8 });
  const [dx] = reversed(op, y, [x]);
  const { inputs, attributes } = dx!.producer! as unknown as {
    inputs: { cos: Value; sin: Value };
    attributes: object;
  };
  expect([inputs.cos, inputs.sin.producer!.op]).toEqual([cos, 'Neg']);
  expect(attributes).toEqual({ heads: 4, rotated: 8 });
});

it("a norm's scale gets one number a feature, whatever stands before the last axis", () => {
  for (const lead of [['tokens'], ['tokens', 4]]) {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', [...lead, 8]);
    const [scale, bias] = [op.input('scale', 'float32', [8]), op.input('bias', 'float32', [8])];
    const y = op.layerNorm(op.rmsNorm(x, scale, 1e-5), scale, bias, 1e-5);
    expect(reversed(op, y, [x, scale, bias]).map(({ shape }) => shape)).toEqual([x.shape, [8], [8]]);
  }
});

it('a frozen scale costs nothing', () => {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', ['tokens', 8]);
  const y = op.rmsNorm(x, op.input('scale', 'float32', [8]), 1e-5);
  reversed(op, y, [x]);
  expect(op.nodes.some((node) => node.op === 'ReduceSum' && node.output.shape.length === 1)).toBe(false);
});

it('a norm over an axis that only a call knows says so', () => {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', [8, 'tokens']);
  const y = op.rmsNorm(x, op.input('scale', 'float32', ['tokens']), 1e-5);
  expect(() => reversed(op, y, [x])).toThrow('the last axis of x must have a known size');
});

it('the loss subtracts one at the label and never forms a table of ones', () => {
  const op = new GraphBuilder();
  const logits = op.input('logits', 'float32', ['rows', 50]);
  const y = op.crossEntropy(logits, op.input('labels', 'int64', ['rows', 1]));
  const before = op.nodes.length;
  reversed(op, y, [logits]);
  expect(op.nodes.slice(before).map((node) => node.op)).toEqual(['Softmax', 'Mul', 'Neg', 'ScatterElements']);
});
