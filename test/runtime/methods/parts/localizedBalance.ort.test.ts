/** @file The balancing loss against its closed forms, its worked example, its symmetries and finite differences. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Device } from '../../../../runtime/ort/device.ts';
import { balanceByDefinition, balanceOf, logitsOf } from '../../../support/balance.ts';
import type { Routed } from '../../../support/balance.ts';
import { randomNumbers } from '../../../support/evaluate.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const uniform = (tokens: number, experts: number): number[][] =>
  Array.from({ length: tokens }, () => Array<number>(experts).fill(1 / experts));
const lossOf = async (p: readonly (readonly number[])[], routed: Routed): Promise<number> =>
  (await balanceOf(device, logitsOf(p), routed)).loss;
const sumsOf = (p: readonly (readonly number[])[], lengths: readonly number[]): number[][] => {
  let start = 0;
  return lengths.map((length) => {
    const own = p.slice(start, (start += length));
    return own[0]!.map((_, n) => own.reduce((sum, token) => sum + token[n]!, 0));
  });
};

describe('the loss', () => {
  it('LORAMOE-1: is 0 for a uniform router without a split', async () => {
    for (const lengths of [[5], [4, 4], [3, 3, 3]])
      for (const experts of [2, 3, 6]) {
        const routed = { experts, split: 0, lengths, types: lengths.map((_, i) => (i % 2) as 0 | 1) };
        const tokens = lengths.reduce((sum, n) => sum + n, 0);
        expect(await lossOf(uniform(tokens, experts), routed)).toBeCloseTo(0, 9);
      }
  });

  it('LORAMOE-2: is delta² M / (M - 1) for a uniform router', async () => {
    const of = (types: (0 | 1)[], split = 0.1, experts = 6): Promise<number> =>
      lossOf(uniform(4 * types.length, experts), { experts, split, lengths: types.map(() => 4), types });
    expect(await of([1])).toBeCloseTo(0.012, 9);
    expect(await of([1, 0])).toBeCloseTo((0.01 * 12) / 11, 9);
    expect(await of([1, 0])).toBeCloseTo(0.0109091, 7);
    expect(await of([0, 0, 1], 0.3, 4)).toBeCloseTo((0.09 * 12) / 11, 9);
  });

  it('LORAMOE-3: is N where one expert gets all of a single row', async () => {
    for (const experts of [2, 4, 6]) {
      const p = Array.from({ length: 5 }, () => Array.from({ length: experts }, (_, n) => (n === 1 ? 1 : 0)));
      expect(await lossOf(p, { experts, split: 0, lengths: [5], types: [1] })).toBeCloseTo(experts, 6);
    }
  });

  it('LORAMOE-4: is 0 where matching experts get (1 - delta) T / N and the others (1 + delta) T / N', async () => {
    const [experts, split] = [6, 0.1];
    const types = [1, 0, 0, 1] as const;
    const p = types.flatMap((type) =>
      Array.from({ length: 4 }, () =>
        Array.from(
          { length: experts },
          (_, n) => (1 + (type === (n < 3 ? 1 : 0) ? -split : split)) / experts,
        ),
      ),
    );
    // (1 - delta) (1 + delta) on all of them
    expect(await lossOf(p, { experts, split, lengths: [4, 4, 4, 4], types: [...types] })).toBeCloseTo(0, 9);
  });

  it('LORAMOE-5: agrees with the worked example', async () => {
    const Q = [
      [2, 1, 1, 0],
      [1, 1, 1, 1],
    ];
    const p = Q.flatMap((row) => Array.from({ length: 4 }, () => row.map((q) => q / 4)));
    const loss = await lossOf(p, { experts: 4, split: 0.1, lengths: [4, 4], types: [1, 0] });
    expect(loss).toBeCloseTo(0.339253846, 8);
    expect(balanceByDefinition(Q, [1, 0], 0.1)).toBeCloseTo(0.339253846, 9);
  });
});

const routing = fc
  .record({
    half: fc.integer({ min: 1, max: 3 }),
    rows: fc.integer({ min: 1, max: 3 }),
    length: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ half, rows, length }) =>
    fc.record({
      experts: fc.constant(2 * half),
      lengths: fc.constant(Array<number>(rows).fill(length)),
      split: fc.double({ min: 0, max: 0.9, noNaN: true }),
      types: fc.array(fc.constantFrom<0 | 1>(0, 1), { minLength: rows, maxLength: rows }),
      logits: fc.array(fc.double({ min: -3, max: 3, noNaN: true }), {
        minLength: rows * length * 2 * half,
        maxLength: rows * length * 2 * half,
      }),
    }),
  );

function softmaxRows(logits: readonly number[], experts: number): number[][] {
  return Array.from({ length: logits.length / experts }, (_, t) => {
    const powers = logits.slice(t * experts, (t + 1) * experts).map(Math.exp);
    const total = powers.reduce((sum, x) => sum + x, 0);
    return powers.map((x) => x / total);
  });
}

describe('whatever is routed', () => {
  it('LORAMOE-6: scale, the order inside a group and the names of the groups change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(routing, async ({ logits, ...routed }) => {
        const p = softmaxRows(logits, routed.experts);
        const loss = await lossOf(p, routed);
        expect(loss).toBeCloseTo(
          balanceByDefinition(sumsOf(p, routed.lengths), routed.types, routed.split),
          6,
        );
        // means instead of sums are Q / T
        expect(await lossOf(p, { ...routed, countPadding: false })).toBeCloseTo(loss, 6);
        const half = routed.experts / 2;
        const rotate = (row: number[]): number[] => [...row.slice(1, half), row[0]!, ...row.slice(half)];
        expect(await lossOf(p.map(rotate), routed)).toBeCloseTo(loss, 9);
        const swap = (row: number[]): number[] => [...row.slice(half), ...row.slice(0, half)];
        const types = routed.types.map((type) => (1 - type) as 0 | 1);
        expect(await lossOf(p.map(swap), { ...routed, types })).toBeCloseTo(loss, 9);
      }),
      { numRuns: 25 },
    );
  });

  it('rows of different length are balanced by their means where padding does not count', async () => {
    const routed = { experts: 6, split: 0, lengths: [4, 16], types: [0, 1] } as const;
    const p = uniform(20, 6);
    const mutable = { ...routed, lengths: [4, 16], types: [0, 1] as (0 | 1)[] };
    expect(await lossOf(p, { ...mutable, countPadding: false })).toBeCloseTo(0, 9);
    // sums have a floor there
    expect(await lossOf(p, mutable)).toBeCloseTo(0.393, 3);
  });

  it('padded tokens are left out of the mean', async () => {
    const p = softmaxRows([...randomNumbers(4 * 4, 'valid'), ...randomNumbers(4 * 4, 'padding')], 4);
    const padded: Routed = {
      experts: 4,
      split: 0.2,
      lengths: [8],
      valid: [4],
      types: [1],
      countPadding: false,
    };
    const own = await lossOf(p.slice(0, 4), { experts: 4, split: 0.2, lengths: [4], types: [1] });
    expect(await lossOf(p, padded)).toBeCloseTo(own, 9);
  });
});

describe('the gradient', () => {
  const routed: Routed = { experts: 6, split: 0.1, lengths: [3, 3], types: [1, 0] };

  it('LORAMOE-7: at a uniform router is positive on the first group for type 1, negative on the other, mirrored for type 0', async () => {
    const { gradient } = await balanceOf(device, new Float64Array(6 * 6), routed);
    gradient.forEach((slope, at) => {
      const [token, n] = [Math.floor(at / 6), at % 6];
      const matches = (token < 3 ? 1 : 0) === (n < 3 ? 1 : 0);
      expect(Math.sign(slope)).toBe(matches ? 1 : -1);
    });
  });

  it('LORAMOE-7: equals finite differences and the closed form', async () => {
    const z = Float64Array.from(randomNumbers(36, 'z'));
    const { gradient } = await balanceOf(device, z, routed);
    for (const at of [0, 7, 20, 35]) {
      const moved = (h: number): Float64Array => z.map((x, i) => (i === at ? x + h : x));
      const up = (await balanceOf(device, moved(1e-5), routed)).loss;
      const down = (await balanceOf(device, moved(-1e-5), routed)).loss;
      expect(Math.abs(gradient[at]! - (up - down) / 2e-5)).toBeLessThan(3e-9);
    }
    // dLBC/dZ_i = 2 (Z_i - mu) / ((M - 1) mu²) - 2 v / (M mu³), dp = I dLBC/dZ, dz = p (dp - Σ p dp)
    const p = softmaxRows([...z], 6);
    const I = [0, 1].map((row) =>
      Array.from({ length: 6 }, (_, n) => (routed.types[row] === (n < 3 ? 1 : 0) ? 1.1 : 0.9)),
    );
    const Z = sumsOf(p, [3, 3]).flatMap((row, b) => row.map((q, n) => q * I[b]![n]!));
    const mu = Z.reduce((sum, x) => sum + x, 0) / 12;
    const v = Z.reduce((sum, x) => sum + (x - mu) ** 2, 0) / 11;
    const dZ = Z.map((x) => (2 * (x - mu)) / (11 * mu ** 2) - (2 * v) / (12 * mu ** 3));
    p.forEach((token, t) => {
      const row = t < 3 ? 0 : 1;
      const dp = token.map((_, n) => I[row]![n]! * dZ[row * 6 + n]!);
      const inner = token.reduce((sum, q, n) => sum + q * dp[n]!, 0);
      token.forEach((q, n) => {
        expect(Math.abs(gradient[t * 6 + n]! - q * (dp[n]! - inner))).toBeLessThan(1e-9);
      });
    });
  });
});
