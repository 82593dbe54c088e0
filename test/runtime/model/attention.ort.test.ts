/** @file Attention in tiles against softmax(scale q kᵀ) v written out, document by document. */
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';
import { attend, attentionInputs } from '../../../runtime/model/attention.ts';
import type { DecoderSpec } from '../../../runtime/model/decoder.ts';
import { Buffers, Device } from '../../../runtime/ort/device.ts';
import { hostTensor } from '../../../runtime/ort/session.ts';
import { prepareBatch } from '../../../runtime/train/batch.ts';
import { planGroups } from '../../../runtime/train/layout.ts';
import type { Plan } from '../../../runtime/train/layout.ts';
import { specOf } from '../../support/familyCases.ts';
import { randomNumbers } from '../../support/evaluate.ts';
import { randomRows, relativeError, smallLlama } from '../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const headSize = 4;

function specWith(heads: number, kvHeads: number, window?: number, softcap?: number): DecoderSpec {
  return {
    ...specOf(smallLlama),
    heads,
    kvHeads,
    headSize,
    attentionScale: 0.4,
    layers: [window === undefined ? {} : { window }],
    ...(softcap !== undefined && { attentionSoftcap: softcap }),
  };
}

interface Projections {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
}

/** Output of one head at one token, [headSize]: token `at` of the document that begins at `start`. */
function attended(
  spec: DecoderSpec,
  { q, k, v }: Projections,
  start: number,
  at: number,
  head: number,
): number[] {
  const { heads, kvHeads, attentionScale, attentionSoftcap: cap } = spec;
  const shared = Math.floor(head / (heads / kvHeads));
  const window = spec.layers[0]!.window ?? Number.POSITIVE_INFINITY;
  const row = (values: Float32Array, token: number, count: number, index: number): Float32Array =>
    values.subarray((token * count + index) * headSize, (token * count + index + 1) * headSize);
  const query = row(q, at, heads, head);
  const weights: [number, number][] = [];
  for (let t = Math.max(start, at - window + 1); t <= at; t++) {
    const key = row(k, t, kvHeads, shared);
    const score = attentionScale * query.reduce((sum, x, i) => sum + x * key[i]!, 0);
    weights.push([t, Math.exp(cap === undefined ? score : cap * Math.tanh(score / cap))]);
  }
  const total = weights.reduce((sum, [, w]) => sum + w, 0);
  return Array.from({ length: headSize }, (_, i) =>
    weights.reduce((sum, [t, w]) => sum + (w / total) * row(v, t, kvHeads, shared)[i]!, 0),
  );
}

function expected(spec: DecoderSpec, values: Projections, lengths: readonly number[]): number[] {
  const out: number[] = [];
  let start = 0;
  for (const length of lengths) {
    for (let at = start; at < start + length; at++)
      for (let head = 0; head < spec.heads; head++) out.push(...attended(spec, values, start, at, head));
    start += length;
  }
  return out;
}

async function tiled(
  spec: DecoderSpec,
  values: Projections,
  lengths: readonly number[],
  plan: Plan,
): Promise<number[]> {
  const op = new GraphBuilder();
  const [wide, narrow] = [spec.heads * headSize, spec.kvHeads * headSize];
  const [q, k, v] = [
    op.input('q', 'float32', ['tokens', wide]),
    op.input('k', 'float32', ['tokens', narrow]),
    op.input('v', 'float32', ['tokens', narrow]),
  ];
  const window = spec.layers[0]!.window;
  const inputs = attentionInputs(op, spec, plan.count, [window]);
  const program = await device.compile(
    op.finish([attend(op, spec, { q, k, v }, inputs, window)]),
    'attention',
  );
  const { sizes, feeds, layout } = prepareBatch(randomRows(lengths, 50), spec, plan);
  using buffers = new Buffers();
  const results = await device.run(
    program,
    {
      ...feeds,
      q: hostTensor(values.q, [layout.tokens, wide]),
      k: hostTensor(values.k, [layout.tokens, narrow]),
      v: hostTensor(values.v, [layout.tokens, narrow]),
    },
    sizes,
    buffers,
  );
  const flat = Array.from(Object.values(results)[0]!.data as Float32Array);
  return flat.slice(0, (layout.tokens - 1) * wide);
}

/** Chunks of eight queries, or the plan that training takes. */
function planFor(lengths: readonly number[], small: boolean): Plan {
  const count = Math.ceil(Math.max(...lengths) / 8);
  return small && count > 1 ? { chunk: 8, count } : planGroups(lengths);
}

const cases = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 5 }),
  heads: fc.constantFrom([2, 1], [4, 2], [3, 3]),
  window: fc.constantFrom(undefined, 1, 3, 9, 100),
  softcap: fc.constantFrom(undefined, 0.7),
  small: fc.boolean(),
});

it('equals attention written out, for any documents, heads, window and tiles', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ lengths, heads, window, softcap, small }) => {
      const spec = specWith(heads[0], heads[1], window, softcap);
      // the token that pads comes last, and its numbers must not matter
      const tokens = 1 + lengths.reduce((sum, n) => sum + n, 0);
      const values = {
        q: randomNumbers(tokens * spec.heads * headSize, 'q').map((x) => 4 * x),
        k: randomNumbers(tokens * spec.kvHeads * headSize, 'k'),
        v: randomNumbers(tokens * spec.kvHeads * headSize, 'v'),
      };
      const actual = await tiled(spec, values, lengths, planFor(lengths, small));
      expect(relativeError(actual, expected(spec, values, lengths))).toBeLessThan(1e-5);
    }),
    { numRuns: 60 },
  );
});

it('a window that no mask was declared for is a mistake', () => {
  const op = new GraphBuilder();
  const spec = specWith(2, 1);
  const [q, k] = [op.input('q', 'float32', ['tokens', 8]), op.input('k', 'float32', ['tokens', 4])];
  const inputs = attentionInputs(op, spec, 1, [undefined]);
  expect(() => attend(op, spec, { q, k, v: k }, inputs, 3)).toThrow('no mask for window 3');
});
