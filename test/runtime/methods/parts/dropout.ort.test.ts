/** @file Dropout drops its share, evenly, and differently for each key. */
import { afterAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../runtime/graph/ops.ts';
import { dropout } from '../../../../runtime/methods/parts/dropout.ts';
import { Buffers, Device } from '../../../../runtime/ort/device.ts';
import { hostTensor } from '../../../../runtime/ort/session.ts';
import { hashKey, mixBits } from '../../../../runtime/train/random.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const [tokens, features] = [400, 300];

/** What stays of ones, [tokens, features]. */
async function kept(p: number, seed: number): Promise<Float32Array> {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', [tokens, features]);
  const tokenKeys = op.input('tokenKeys', 'int32', [tokens, 1]);
  const featureKeys = op.input('featureKeys', 'int32', [1, features]);
  const y = dropout(op, x, tokenKeys, featureKeys, p);
  const keys = (count: number, place: number): Int32Array =>
    Int32Array.from({ length: count }, (_, i) =>
      mixBits(hashKey('test', seed, place) + Math.imul(i, 0x9e3779b1)),
    );
  using buffers = new Buffers();
  const out = await device.run(
    await device.compile(op.finish([y]), 'dropout'),
    {
      x: hostTensor(new Float32Array(tokens * features).fill(1), [tokens, features]),
      tokenKeys: hostTensor(keys(tokens, 0), [tokens, 1]),
      featureKeys: hostTensor(keys(features, 1), [1, features]),
    },
    {},
    buffers,
  );
  return (out[y.name]!.data as Float32Array).slice();
}

/** Share of positions where both are kept, or both dropped. */
function agreement(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).filter((x, i) => x > 0 === b[i]! > 0).length / a.length;
}

describe('dropout', () => {
  it.each([0.05, 0.1, 0.5])('drops its share, p = %s, and scales the rest', async (p) => {
    const y = await kept(p, 1);
    const share = y.filter((x) => x === 0).length / y.length;
    // five standard deviations of a binomial of 120,000 draws
    expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / y.length));
    for (const x of new Set(y)) expect([0, Math.fround(1 / (1 - p))]).toContain(x);
  });

  it('has no pattern between tokens, features or seeds', async () => {
    const y = await kept(0.5, 1);
    const other = await kept(0.5, 2);
    const rows = Array.from({ length: tokens }, (_, t) => y.subarray(t * features, (t + 1) * features));
    const bound = (5 * 0.5) / Math.sqrt(features);
    for (let t = 1; t < tokens; t++)
      expect(Math.abs(agreement(rows[t]!, rows[t - 1]!) - 0.5)).toBeLessThan(bound);
    for (let f = 1; f < features; f++) {
      const column = (at: number): number[] => rows.map((row) => row[at]!);
      expect(Math.abs(agreement(column(f), column(f - 1)) - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(tokens));
    }
    expect(Math.abs(agreement(y, other) - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(y.length));
  });
});
