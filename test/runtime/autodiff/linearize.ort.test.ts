/** @file Forward and backward graphs of a step: what each policy hands over, and that all compute the same numbers. */
import { afterAll, describe, expect, it } from 'vitest';
import { backward } from '../../../runtime/autodiff/backward.ts';
import { linearize } from '../../../runtime/autodiff/linearize.ts';
import type { Linearized } from '../../../runtime/autodiff/linearize.ts';
import type { MemoryPolicy } from '../../../runtime/contract/config.ts';
import type { HostArray } from '../../../runtime/ort/session.ts';
import type { Value } from '../../../runtime/graph/ir.ts';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { evaluate, randomNumbers } from '../../support/evaluate.ts';
import { relativeError } from '../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const policies: readonly MemoryPolicy[] = ['fast', 'balanced', 'low'];
const sizes = { tokens: 5 };
const feeds: Readonly<Record<string, HostArray>> = {
  x: randomNumbers(20, 'x'),
  w: randomNumbers(12, 'w'),
  v: randomNumbers(9, 'v'),
  scale: randomNumbers(4, 'scale'),
  dy: randomNumbers(15, 'dy'),
};

interface Small {
  readonly op: GraphBuilder;
  readonly y: Value;
  readonly dy: Value;
  readonly wanted: readonly Value[];
}

/** softmax(silu(norm(x) Wᵀ) Vᵀ) reshaped there and back, so that every kind of node is there. */
function small(): Small {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', ['tokens', 4]);
  const w = op.input('w', 'float32', [3, 4]);
  const v = op.input('v', 'float32', [3, 3]);
  const scale = op.input('scale', 'float32', [4]);
  const inner = op.silu(op.matmul(op.rmsNorm(x, scale, 1e-5), w, { transB: true }));
  const flat = op.reshape(op.matmul(inner, v, { transB: true }), ['3*tokens']);
  const y = op.softmax(op.reshape(flat, ['tokens', 3]));
  return { op, y, dy: op.input('dy', 'float32', ['tokens', 3]), wanted: [x, w, v, scale] };
}

function cut(policy: MemoryPolicy): Linearized {
  const { op, y, dy, wanted } = small();
  return linearize(op, [y], [{ value: y, gradient: dy }], wanted, policy);
}

describe('what forward hands over', () => {
  const operators = (policy: MemoryPolicy): (string | undefined)[] =>
    cut(policy).residuals.map(({ producer }) => producer?.op);

  it('is nothing under low', () => {
    expect(operators('low')).toEqual([]);
  });

  it('is products and softmaxes only under balanced', () => {
    expect(operators('balanced')).toEqual(['MatMul', 'Softmax']);
  });

  it('is whatever backward reads under fast, but no other view of a value', () => {
    expect(operators('fast')).toEqual(['RmsNorm', 'MatMul', 'Silu', 'Softmax']);
  });

  it('stands among the outputs of one graph and the inputs of the other, each value once', () => {
    for (const policy of policies) {
      const { forward, backward: reverse, residuals } = cut(policy);
      expect(new Set(forward.outputs).size).toBe(forward.outputs.length);
      for (const value of residuals) {
        expect(forward.outputs).toContain(value);
        expect(reverse.inputs).toContain(value);
      }
      const computed = new Set(reverse.nodes.map(({ output }) => output));
      expect(residuals.filter((value) => computed.has(value))).toEqual([]);
    }
  });

  it('saves computing it again', () => {
    const [fast, balanced, low] = policies.map((policy) => cut(policy).backward.nodes.length);
    expect(fast).toBeLessThan(balanced!);
    expect(balanced).toBeLessThan(low!);
  });
});

describe('both graphs together', () => {
  it('compute what the uncut graph computes, under every policy', async () => {
    const { op, y, dy, wanted } = small();
    const whole = op.finish([y, ...backward(op, [{ value: y, gradient: dy }], wanted)]);
    const [output, ...expected] = await evaluate(device, whole, feeds, sizes);
    for (const policy of policies) {
      const { forward, backward: reverse } = cut(policy);
      const results = await evaluate(device, forward, feeds, sizes);
      const kept = forward.outputs.map(({ name }, i) => [name, Float32Array.from(results[i]!)]);
      const given = { ...feeds, ...(Object.fromEntries(kept) as Record<string, HostArray>) };
      const gradients = await evaluate(device, reverse, given, sizes);
      expect(relativeError(results[0]!, output!)).toBeLessThan(1e-6);
      for (const [i, gradient] of gradients.entries())
        expect(relativeError(gradient, expected[i]!), `${policy} ${wanted[i]!.name}`).toBeLessThan(1e-5);
    }
  });

  it('hold no node that their outputs do not need', () => {
    const { op, y, dy, wanted } = small();
    op.exp(op.input('unused', 'float32', [2]));
    const { forward, backward: reverse } = linearize(op, [y], [{ value: y, gradient: dy }], wanted, 'low');
    for (const graph of [forward, reverse])
      expect(graph.inputs.map(({ name }) => name)).not.toContain('unused');
    expect(forward.inputs.map(({ name }) => name)).not.toContain('dy');
  });
});

it('what is added to the gradients becomes the result', async () => {
  const { op, y, dy, wanted } = small();
  const add = (gradients: readonly Value[]): Value[] => [op.sumSquare(gradients[1]!, [0, 1])];
  const { backward: reverse } = linearize(op, [y], [{ value: y, gradient: dy }], wanted, 'low', add);
  const plain = cut('low').backward;
  const [, dw] = await evaluate(device, plain, feeds, sizes);
  const [squared] = await evaluate(device, reverse, feeds, sizes);
  expect(squared![0]! / dw!.reduce((sum, g) => sum + g * g, 0)).toBeCloseTo(1, 5);
});
