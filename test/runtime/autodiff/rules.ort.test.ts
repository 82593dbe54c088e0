/** @file Every gradient rule against finite differences; the list of cases is typed by the vocabulary, so none can be left out. */
import { afterAll, describe, expect, it } from 'vitest';
import { families, rules } from '../../../runtime/autodiff/rules/index.ts';
import type { OpName } from '../../../runtime/graph/ir.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { gradientError } from '../../support/checkGradient.ts';
import type { GradientCase } from '../../support/checkGradient.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const unary = (
  word: 'neg' | 'exp' | 'log' | 'sqrt' | 'reciprocal' | 'tanh' | 'sigmoid' | 'silu',
): GradientCase[] => [
  { shapes: { x: [3, 4] }, build: (op, { x }) => op[word](x!), positive: true, single: word === 'silu' },
];
const binary = (word: 'add' | 'sub' | 'mul' | 'div'): GradientCase[] => [
  { shapes: { a: [3, 4], b: [3, 4] }, build: (op, { a, b }) => op[word](a!, b!), positive: true },
  { shapes: { a: [2, 3, 4], b: [3, 1] }, build: (op, { a, b }) => op[word](a!, b!), positive: true },
  { shapes: { a: [4], b: [2, 3, 4] }, build: (op, { a, b }) => op[word](a!, b!), positive: true },
  // read twice: both gradients are summed
  { shapes: { a: [3] }, build: (op, { a }) => op[word](a!, op.exp(a!)), positive: true },
];
const products: GradientCase[] = [false, true].flatMap((transA) =>
  [false, true].flatMap((transB) =>
    [[], [2]].map((lead): GradientCase => ({
      shapes: { a: [...lead, ...(transA ? [4, 3] : [3, 4])], b: [...lead, ...(transB ? [5, 4] : [4, 5])] },
      build: (op, { a, b }) => op.matmul(a!, b!, { transA, transB, alpha: 0.7 }),
    })),
  ),
);
const reduction = (word: 'sum' | 'mean' | 'sumSquare' | 'logSumExp'): GradientCase[] =>
  [true, false].map((keepDims) => ({
    shapes: { x: [2, 3, 4] },
    build: (op, { x }) => op[word](x!, [0, 2], { keepDims }),
  }));

/** Each rule's cases; the type asks for every operator, `[]` is left to those that say why they have no gradient. */
const cases: { readonly [O in OpName]: readonly GradientCase[] } = {
  Add: binary('add'),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: binary('div'),
  Neg: unary('neg'),
  Exp: unary('exp'),
  Log: unary('log'),
  Sqrt: unary('sqrt'),
  Reciprocal: unary('reciprocal'),
  Tanh: unary('tanh'),
  Sigmoid: unary('sigmoid'),
  Silu: unary('silu'),
  Sin: [{ shapes: { x: [5] }, build: (op, { x }) => op.sin(x!) }],
  Cos: [{ shapes: { x: [5] }, build: (op, { x }) => op.cos(x!) }],
  Erf: [{ shapes: { x: [5] }, build: (op, { x }) => op.erf(x!), single: true }],
  Floor: [],
  Dequantize: [],
  Greater: [],
  ReduceMax: [],
  // what is detached counts as a constant: the slope is that of the other factor only
  Detach: [
    { shapes: { x: [4], y: [4] }, build: (op, { x, y }) => op.mul(x!, op.detach(op.exp(op.sub(y!, y!)))) },
  ],
  // the true gradient, stated: d(x y²) = y² dx + 2 x y dy
  Stated: [
    {
      shapes: { x: [4], y: [4] },
      build: (op, { x, y }) =>
        op.stated(op.mul(x!, op.mul(y!, y!)), [x!, y!], (dy) => [
          op.mul(dy, op.mul(y!, y!)),
          op.mul(op.mul(dy, 2), op.mul(x!, y!)),
        ]),
    },
  ],
  Cast: [
    { shapes: { x: [4] }, build: (op, { x }) => op.cast(op.cast(x!, 'float64'), 'float32'), single: true },
  ],
  Where: [
    {
      shapes: { x: [4], y: [4] },
      build: (op, { x, y }) =>
        op.where(op.greater(op.constant(new Float32Array([1, -1, 2, -2]), [4]), 0), x!, op.exp(y!)),
    },
  ],
  MatMul: [
    ...products,
    { shapes: { a: [2, 3, 4], b: [4, 5] }, build: (op, { a, b }) => op.matmul(a!, b!) },
    {
      shapes: { a: [2, 3, 3, 4], b: [2, 1, 5, 4] },
      build: (op, { a, b }) => op.matmul(a!, b!, { transB: true }),
    },
  ],
  Gemm: [
    {
      shapes: { a: [3, 4], b: [5, 4], c: [3, 5] },
      build: (op, { a, b, c }) => op.gemm(a!, b!, c!, { transB: true, alpha: 2 }),
    },
    {
      shapes: { a: [4, 3], b: [4, 5], c: [5] },
      build: (op, { a, b, c }) => op.gemm(a!, b!, c!, { transA: true }),
    },
  ],
  Reshape: [{ shapes: { x: [3, 4] }, build: (op, { x }) => op.exp(op.reshape(x!, [2, 6])) }],
  Transpose: [{ shapes: { x: [2, 3, 4] }, build: (op, { x }) => op.exp(op.transpose(x!, [2, 0, 1])) }],
  Expand: [{ shapes: { x: [3, 1] }, build: (op, { x }) => op.exp(op.expand(x!, [2, 3, 4])) }],
  Slice: [{ shapes: { x: [3, 6] }, build: (op, { x }) => op.exp(op.slice(x!, 1, 2, 5)) }],
  Concat: [{ shapes: { x: [3, 2], y: [3, 4] }, build: (op, { x, y }) => op.exp(op.concat([x!, y!, x!], 1)) }],
  Pad: [{ shapes: { x: [3, 2] }, build: (op, { x }) => op.exp(op.pad(x!, 1, 1, 2)) }],
  Gather: [
    {
      shapes: { x: [4, 3] },
      build: (op, { x }) => op.exp(op.gather(x!, op.constant(new BigInt64Array([2n, 0n, 2n, 3n]), [4]))),
    },
  ],
  GatherElements: [
    {
      shapes: { x: [3, 4] },
      build: (op, { x }) =>
        op.exp(op.gatherElements(x!, op.constant(new BigInt64Array([2n, 0n, 3n]), [3, 1]), 1)),
    },
  ],
  ScatterElements: [
    {
      shapes: { x: [3, 4], u: [3, 1] },
      build: (op, { x, u }) =>
        op.exp(op.scatterElements(x!, op.constant(new BigInt64Array([2n, 0n, 3n]), [3, 1]), u!, 1)),
      single: true,
    },
  ],
  ScatterRows: [
    {
      shapes: { x: [4, 2], u: [3, 2] },
      build: (op, { x, u }) =>
        op.exp(op.scatterRows(x!, op.constant(new BigInt64Array([2n, 0n, 2n]), [3]), u!)),
    },
  ],
  Permute: [
    {
      shapes: { x: [3, 2] },
      build: (op, { x }) =>
        op.exp(
          op.permute(
            x!,
            op.constant(new Int32Array([2, 0, 1]), [3, 1]),
            op.constant(new Int32Array([1, 2, 0]), [3]),
          ),
        ),
    },
    {
      // row 1 is read by nobody
      shapes: { x: [3, 2] },
      build: (op, { x }) => {
        const valid = op.cast(op.constant(new Float32Array([1, 0, 1]), [3, 1]), x!.type);
        const indices = op.constant(new Int32Array([2, 0]), [2]);
        return op.exp(op.permute(x!, indices, op.constant(new Int32Array([1, 0, 0]), [3]), valid));
      },
    },
  ],
  PackRows: [
    {
      shapes: { x: [2, 2], y: [1, 2] },
      build: (op, { x, y }) =>
        op.exp(
          op.packRows([x!, y!], op.constant(new Int32Array([2, 0, 1]), [3]), [
            op.constant(new Int32Array([1, 2]), [2]),
            op.constant(new Int32Array([0]), [1]),
          ]),
        ),
    },
  ],
  CrossEntropy: [
    {
      shapes: { x: [3, 5] },
      build: (op, { x }) => op.crossEntropy(x!, op.constant(new BigInt64Array([4n, 0n, 2n]), [3, 1])),
      single: true,
    },
  ],
  ReduceSum: reduction('sum'),
  ReduceMean: reduction('mean'),
  ReduceSumSquare: reduction('sumSquare'),
  ReduceLogSumExp: reduction('logSumExp'),
  Softmax: [{ shapes: { x: [3, 5] }, build: (op, { x }) => op.softmax(op.mul(x!, 3)) }],
  RmsNorm: [
    { shapes: { x: [3, 8], w: [8] }, build: (op, { x, w }) => op.rmsNorm(x!, w!, 1e-5), single: true },
    { shapes: { x: [2, 3, 8], w: [8] }, build: (op, { x, w }) => op.rmsNorm(x!, w!, 1e-1), single: true },
  ],
  LayerNorm: [
    {
      shapes: { x: [3, 8], w: [8], b: [8] },
      build: (op, { x, w, b }) => op.layerNorm(x!, w!, b!, 1e-5),
      single: true,
    },
  ],
  Rotary: [8, 4].map((rotated) => ({
    shapes: { x: [4, 1, 16] },
    build: (op, { x }) => {
      const table = (f: (x: number) => number): Float32Array =>
        Float32Array.from({ length: (5 * rotated) / 2 }, (_, i) => f(0.3 * i));
      const [cos, sin] = [Math.cos, Math.sin].map((f) => op.constant(table(f), [5, rotated / 2]));
      const positions = op.constant(new BigInt64Array([0n, 1n, 4n, 2n]), [4, 1]);
      return op.rotary(x!, positions, cos!, sin!, { heads: 2, rotated });
    },
    single: true,
  })),
};

describe('gradient rules against finite differences', () => {
  for (const [name, list] of Object.entries(cases)) {
    const rule = rules[name as OpName];
    if (typeof rule !== 'function') {
      it(`${name} says why it has none`, () => {
        expect(rule.noGradient.length).toBeGreaterThan(10);
        expect(list).toHaveLength(0);
      });
      continue;
    }
    it(name, async () => {
      expect(list.length).toBeGreaterThan(0);
      for (const item of list)
        expect(await gradientError(device, name, item)).toBeLessThan(item.single ? 2e-3 : 1e-8);
    });
  }

  it('notices a wrong rule', async () => {
    const wrong: GradientCase = {
      shapes: { x: [4] },
      build: (op, { x }) => op.mul(x!, op.detach(x!)),
    };
    expect(await gradientError(device, 'wrong', wrong)).toBeGreaterThan(0.1);
  });
});

describe('the table of rules', () => {
  it('has each operator in exactly one family', () => {
    const names = Object.values(families).flatMap((family) => Object.keys(family));
    expect(names.sort()).toEqual(Object.keys(rules).sort());
  });
});
