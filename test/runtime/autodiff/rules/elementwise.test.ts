/** @file What is special in the rules of operators that work on each element; their numbers are in rules.ort.test.ts. */
import { expect, it } from 'vitest';
import { backward } from '../../../../runtime/autodiff/backward.ts';
import { elementwise } from '../../../../runtime/autodiff/rules/elementwise.ts';
import { GraphBuilder } from '../../../../runtime/graph/ops.ts';

it('staircases and comparisons say why they have no gradient', () => {
  expect(elementwise.Floor.noGradient).toContain('detach');
  expect(elementwise.Greater.noGradient).toContain('comparison');
});

it('a sum hands its gradient on without a node', () => {
  const op = new GraphBuilder();
  const dy = op.input('dy', 'float32', [2]);
  const y = op.add(op.input('a', 'float32', [2]), op.input('b', 'float32', [2]));
  const x = y.producer!.inputs as { A: typeof y; B: typeof y };
  const slopes = elementwise.Add({ op, dy, y, x, a: {} });
  expect([slopes.A(), slopes.B()]).toEqual([dy, dy]);
  expect(op.nodes).toHaveLength(1);
});

it('a factor that is no input of interest is not differentiated', () => {
  const op = new GraphBuilder();
  const [a, b] = [op.input('a', 'float32', [2]), op.input('b', 'float32', [2])];
  const y = op.div(a, b);
  const before = op.nodes.length;
  backward(op, [{ value: y, gradient: op.input('dy', 'float32', [2]) }], [a]);
  expect(op.nodes.slice(before).map((node) => node.op)).toEqual(['Div']);
});

it('a cast brings the gradient back to the type it came from', () => {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', [2]);
  const y = op.cast(x, 'float64');
  const [dx] = backward(op, [{ value: y, gradient: op.input('dy', 'float64', [2]) }], [x]);
  expect(dx!.type).toBe('float32');
});

it('a choice gives each side its part and the condition none', () => {
  const op = new GraphBuilder();
  const [x, z] = [op.input('x', 'float32', [2]), op.input('z', 'float32', [2])];
  const y = op.where(op.greater(x, z), x, z);
  const found = backward(op, [{ value: y, gradient: op.input('dy', 'float32', [2]) }], [x, z]);
  expect(found.map(({ producer }) => producer!.op)).toEqual(['Where', 'Where']);
});
