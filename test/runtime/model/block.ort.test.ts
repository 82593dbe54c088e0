/** @file One block in every way a description allows, its linears and its attention replaced by what passes values on. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Value } from '../../../runtime/graph/ir.ts';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';
import { decoderBlock, norm } from '../../../runtime/model/block.ts';
import type { BlockContext } from '../../../runtime/model/block.ts';
import type { BlockNames, DecoderSpec } from '../../../runtime/model/decoder.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { evaluate, randomNumbers } from '../../support/evaluate.ts';
import { specOf } from '../../support/familyCases.ts';
import { relativeError, smallLlama } from '../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const width = 8;
const rows = 3;
const x = randomNumbers(rows * width, 'x');
const scales = randomNumbers(width, 'scale');
const biases = randomNumbers(width, 'bias');
const square = { inputs: width, outputs: width, bias: false, transposed: false };

interface Kind {
  readonly norm: DecoderSpec['norm'];
  readonly placement: DecoderSpec['normPlacement'];
  readonly activation: DecoderSpec['activation'];
  readonly mlp: DecoderSpec['mlp'];
  readonly residualScale: number;
}

function specFor({ norm, placement, activation, mlp, residualScale }: Kind): DecoderSpec {
  const before = placement !== 'post' && { inputNorm: 'inputNorm', preMlpNorm: 'preMlpNorm' };
  const after = placement !== 'pre' && { postAttentionNorm: 'postNorm', postMlpNorm: 'postMlpNorm' };
  const linear = (path: string): BlockNames['down'] => ({ path, ...square });
  const gated = mlp === 'gated' && { gate: linear('gate') };
  const attention = { q: linear('q'), k: linear('k'), v: linear('v'), o: linear('o') };
  const block = { ...before, ...after, ...attention, ...gated, up: linear('up'), down: linear('down') };
  const base = specOf(smallLlama);
  return {
    ...base,
    hidden: width,
    intermediate: width,
    heads: 2,
    kvHeads: 2,
    headSize: width / 2,
    layers: [{}],
    norm,
    normPlacement: placement,
    activation,
    mlp,
    residualScale,
    names: { ...base.names, blocks: [block] },
  };
}

/** Linears pass on what they get, attention gives back the values. */
function context(op: GraphBuilder, spec: DecoderSpec): BlockContext {
  return {
    op,
    spec,
    attend: (_q, _k, v) => v,
    positions: op.input('positions', 'int64', ['tokens', 1]),
    ropes: [],
    weight: (name, shape) => op.constant(name.endsWith('bias') ? biases : scales, shape),
    linear: (value) => value,
  };
}

/** erf by its series: enough for |x| < 4. */
function erf(z: number): number {
  let [term, sum] = [z, z];
  for (let n = 1; n < 60; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const activations: Readonly<Record<DecoderSpec['activation'], (z: number) => number>> = {
  relu: (z) => Math.max(0, z),
  silu: (z) => z / (1 + Math.exp(-z)),
  gelu: (z) => (z / 2) * (1 + erf(z / Math.SQRT2)),
  'gelu-tanh': (z) => (z / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3))),
};

function normed({ kind, eps, offset }: DecoderSpec['norm'], row: readonly number[]): number[] {
  const mean = kind === 'layer' ? row.reduce((sum, z) => sum + z, 0) / width : 0;
  const spread = Math.sqrt(row.reduce((sum, z) => sum + (z - mean) ** 2, 0) / width + eps);
  return row.map((z, i) => {
    const scaled = ((z - mean) / spread) * (scales[i]! + offset);
    return kind === 'layer' ? scaled + biases[i]! : scaled;
  });
}

function expectedRow(kind: Kind, row: readonly number[]): number[] {
  const pre = (list: readonly number[]): readonly number[] =>
    kind.placement === 'post' ? list : normed(kind.norm, list);
  const post = (list: readonly number[]): readonly number[] =>
    kind.placement === 'pre' ? list : normed(kind.norm, list);
  const attended = post(pre(row));
  const middle = row.map((z, i) => z + kind.residualScale * attended[i]!);
  const fed = post(pre(middle).map((z) => activations[kind.activation](z) * (kind.mlp === 'gated' ? z : 1)));
  return middle.map((z, i) => z + kind.residualScale * fed[i]!);
}

const kinds = fc.record<Kind>({
  norm: fc.constantFrom<DecoderSpec['norm']>(
    { kind: 'rms', eps: 1e-5, offset: 0 },
    { kind: 'rms', eps: 1e-3, offset: 1 },
    { kind: 'layer', eps: 1e-5, offset: 0 },
  ),
  placement: fc.constantFrom('pre', 'post', 'both'),
  activation: fc.constantFrom('silu', 'gelu', 'gelu-tanh'),
  mlp: fc.constantFrom('gated', 'plain'),
  residualScale: fc.constantFrom(1, 0.22),
});

it('norms, activation, gate and residual scale stand where the description puts them', async () => {
  await fc.assert(
    fc.asyncProperty(kinds, async (kind) => {
      const op = new GraphBuilder();
      const input = op.input('x', 'float32', ['tokens', width]);
      const y = decoderBlock(context(op, specFor(kind)), 0, input);
      const [actual] = await evaluate(device, op.finish([y]), { x }, { tokens: rows });
      const expected = Array.from({ length: rows }, (_, row) =>
        expectedRow(kind, Array.from(x.subarray(row * width, (row + 1) * width))),
      );
      expect(relativeError(actual!, expected.flat())).toBeLessThan(1e-5);
    }),
    { numRuns: 60 },
  );
});

describe('projections', () => {
  const plain: Kind = {
    norm: { kind: 'rms', eps: 1e-5, offset: 0 },
    placement: 'pre',
    activation: 'silu',
    mlp: 'gated',
    residualScale: 1,
  };

  it('that are fused are cut into query, key and value, gate and up', () => {
    const spec = { ...specFor(plain), heads: 4, kvHeads: 2, headSize: 2, intermediate: 6 };
    const qkv = { path: 'qkv', ...square, outputs: 16 };
    const gateUp = { path: 'gateUp', ...square, outputs: 12 };
    const fused = { qkv, gateUp, o: { path: 'o', ...square }, down: { path: 'down', ...square, inputs: 6 } };
    const op = new GraphBuilder();
    const seen: (readonly unknown[])[] = [];
    const given: BlockContext = {
      ...context(op, { ...spec, names: { ...spec.names, blocks: [fused] } }),
      attend: (q, k, v) => {
        seen.push([q.shape, k.shape, v.shape]);
        for (const value of [q, k, v]) seen.push([value.producer!.attributes]);
        return q;
      },
      linear: (value, { path, outputs }) =>
        op.node(
          'Reshape',
          { data: op.pad(value, 1, 0, outputs - (value.shape[1] as number)) },
          { shape: ['tokens', outputs] },
          path,
        ),
    };
    decoderBlock(given, 0, op.input('x', 'float32', ['tokens', width]));
    expect(seen).toEqual([
      [
        ['tokens', 8],
        ['tokens', 4],
        ['tokens', 4],
      ],
      [{ axis: 1, start: 0, end: 8 }],
      [{ axis: 1, start: 8, end: 12 }],
      [{ axis: 1, start: 12, end: 16 }],
    ]);
    const cuts = op.nodes.flatMap((node) => (node.op === 'Slice' ? [node.attributes] : []));
    expect(cuts.slice(3)).toEqual([
      { axis: 1, start: 0, end: 6 },
      { axis: 1, start: 6, end: 12 },
    ]);
  });

  it.each([
    ['head', [4]],
    ['full', [8]],
    ['none', undefined],
  ] as const)('queries and keys are normed by %s', (qkNorm, size) => {
    const spec = specFor(plain);
    const block = { ...spec.names.blocks[0]!, qNorm: 'qNorm', kNorm: 'kNorm' };
    const op = new GraphBuilder();
    const asked = new Map<string, readonly number[]>();
    const given: BlockContext = {
      ...context(op, { ...spec, qkNorm, names: { ...spec.names, blocks: [block] } }),
      weight: (name, shape) => {
        asked.set(name, shape);
        return op.constant(new Float32Array(shape[0]!), shape);
      },
    };
    decoderBlock(given, 0, op.input('x', 'float32', ['tokens', width]));
    expect([asked.get('qNorm.weight'), asked.get('kNorm.weight')]).toEqual([size, size]);
  });

  it('an RMS norm asks for no bias', () => {
    const op = new GraphBuilder();
    const asked: string[] = [];
    const weight: BlockContext['weight'] = (name, shape) => {
      asked.push(name);
      return op.input(name, 'float32', shape);
    };
    norm({ op, spec: specFor(plain), weight }, op.input('x', 'float32', ['tokens', width]), 'n', width);
    expect(asked).toEqual(['n.weight']);
  });
});

it("a layer's own scale is on its queries, and so on its scores", async () => {
  const norm = { kind: 'rms', eps: 1e-5, offset: 0 } as const;
  const spec = specFor({ norm, placement: 'pre', activation: 'silu', mlp: 'plain', residualScale: 1 });
  const queries = async (layer: DecoderSpec['layers'][number]): Promise<readonly number[]> => {
    const op = new GraphBuilder();
    const seen: Value[] = [];
    const given: BlockContext = {
      ...context(op, { ...spec, layers: [layer] }),
      attend: (q, _k, v) => {
        seen.push(q);
        return v;
      },
    };
    decoderBlock(given, 0, op.input('x', 'float32', ['tokens', width]));
    const [values] = await evaluate(device, op.finish(seen), { x }, { tokens: rows });
    return values!;
  };
  const plain = await queries({});
  const quarters = plain.map((query) => query / 4);
  expect(relativeError(await queries({ scoreScale: 0.25 }), quarters)).toBeLessThan(1e-6);
});
