/** @file Reverse mode: what is summed, what is skipped, and what a missing rule says. */
import { afterAll, describe, expect, it } from 'vitest';
import { backward } from '../../../runtime/autodiff/backward.ts';
import type { Value } from '../../../runtime/graph/ir.ts';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { evaluate } from '../../support/evaluate.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

/** Gradients of the sum of y by each of `wanted`. */
function gradients(op: GraphBuilder, y: Value, wanted: readonly Value[]): Value[] {
  const gradient = op.constant(new Float32Array(2 * 3).fill(1), [2, 3]);
  return backward(op, [{ value: y, gradient }], wanted);
}
const six = Float32Array.of(1, 2, 3, 4, 5, 6);

describe('a value that is read', () => {
  it('several times gets the sum of what its readers say', async () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', [2, 3]);
    // x^2 + 3 x
    const y = op.add(op.mul(x, x), op.mul(x, 3));
    const [dx] = await evaluate(device, op.finish(gradients(op, y, [x])), { x: six });
    expect(dx).toEqual(Array.from(six, (n) => 2 * n + 3));
  });

  it('by no seed gets zeros of its own shape and type', async () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', [2, 3]);
    const other = op.input('other', 'float64', ['tokens', 2]);
    const [dx, none] = gradients(op, op.exp(x), [x, other]);
    expect([none!.shape, none!.type]).toEqual([['tokens', 2], 'float64']);
    const graph = op.finish([none!], true);
    const feeds = { x: six, other: new Float64Array(6).fill(1) };
    const zeros = evaluate(device, { ...graph, inputs: [other] }, feeds, { tokens: 3 });
    expect(await zeros).toEqual([[0, 0, 0, 0, 0, 0]]);
    expect(dx!.producer!.op).toBe('Mul');
  });

  it('stretched gets the sum over what it was stretched to', async () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', [2, 3]);
    const row = op.input('row', 'float32', [3]);
    const column = op.input('column', 'float32', [2, 1]);
    const one = op.input('one', 'float32', []);
    const y = op.mul(op.mul(op.mul(x, row), column), one);
    const wanted = [x, row, column, one];
    const found = gradients(op, y, wanted);
    expect(found.map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => shape));
    const feeds = {
      x: six,
      row: Float32Array.of(1, 10, 100),
      column: Float32Array.of(2, 3),
      one: Float32Array.of(5),
    };
    expect(await evaluate(device, op.finish(found), feeds)).toEqual([
      [10, 100, 1000, 15, 150, 1500],
      [5 * (2 + 12), 5 * (4 + 15), 5 * (6 + 18)],
      [5 * 321, 5 * 654],
      [2 * 321 + 3 * 654],
    ]);
  });
});

describe('seeds', () => {
  it('of one value twice are summed, those in the middle of a path join it', async () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', [2]);
    const middle = op.mul(x, 3);
    const y = op.mul(middle, middle);
    const gradient = op.constant(Float32Array.of(1, 1), [2]);
    const seeds = [y, y, middle].map((value) => ({ value, gradient }));
    const [dx] = await evaluate(device, op.finish(backward(op, seeds, [x])), { x: Float32Array.of(1, 2) });
    // d(2 (3x)^2 + 3x) = 36 x + 3
    expect(dx).toEqual([39, 75]);
  });

  it('that are themselves wanted come back as results under names of their own', () => {
    const op = new GraphBuilder();
    const [x, z] = [op.input('x', 'float32', [2]), op.input('z', 'float32', [2])];
    const seed = op.input('seed', 'float32', [2]);
    const found = backward(op, [{ value: op.add(x, z), gradient: seed }], [x, z]);
    expect(new Set(found.map(({ name }) => name)).size).toBe(2);
    expect(found.map(({ producer }) => producer?.op)).toEqual(['Detach', 'Detach']);
  });
});

describe('nodes off the path', () => {
  it('are not differentiated: no weight gradient for what is frozen', () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', ['tokens', 4]);
    const [frozen, trained] = [op.input('w', 'float32', [3, 4]), op.input('a', 'float32', [3, 4])];
    const y = op.add(op.matmul(x, frozen, { transB: true }), op.matmul(x, trained, { transB: true }));
    const seed = op.input('dy', 'float32', ['tokens', 3]);
    const before = op.nodes.length;
    backward(op, [{ value: y, gradient: seed }], [trained]);
    expect(op.nodes.slice(before).map((node) => node.op)).toEqual(['MatMul']);
  });

  it('need no rule', () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', [2, 3]);
    const steps = op.floor(op.input('u', 'float32', [2, 3]));
    expect(() => gradients(op, op.mul(x, steps), [x])).not.toThrow();
  });

  it('cut by a detach get zeros', async () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', [2, 3]);
    const y = op.mul(op.detach(x), x);
    const [dx] = await evaluate(device, op.finish(gradients(op, y, [x])), { x: six });
    expect(dx).toEqual(Array.from(six));
    const [none] = gradients(op, op.detach(op.floor(x)), [x]);
    expect(none!.producer!.op).toBe('Expand');
  });
});

it('a rule that lacks is said with operator, value, path and reason', () => {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', [2, 3]);
  const y = op.neg(op.floor(op.exp(x)));
  expect(() => gradients(op, y, [x])).toThrow(
    /^no gradient for Floor at Floor\w* \(Floor\w* <- Exp\w* <- x\): a staircase has slope zero/,
  );
});
