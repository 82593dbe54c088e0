/** @file LoRA-SB's start values: the numbered properties SB-1 to SB-11, on fixture F1 and on random layers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alignment,
  firstUpdate,
  foldedInner,
  loraSbStart,
} from '../../../../runtime/methods/inits/loraSb.ts';
import type { LoraSbOptions, LoraSbStart } from '../../../../runtime/methods/inits/loraSb.ts';
import type { InnerStart } from '../../../../runtime/methods/inits/loraXs.ts';
import {
  energy,
  identity,
  matrix,
  MatrixError,
  roundedFactors,
  scaleColumns,
  scaled,
  transpose,
} from '../../../../runtime/methods/parts/matrix.ts';
import type { Matrix } from '../../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../../runtime/methods/parts/products.ts';
import { flatSpectrum } from '../../../../runtime/methods/parts/randomisedSvd.ts';
import { leastSquares } from '../../../../runtime/methods/parts/qr.ts';
import { exactSvd } from '../../../../runtime/methods/parts/svd.ts';
import {
  diagonal,
  distance,
  F1,
  filled,
  gaussian,
  inner,
  maxError,
  minus,
  norm,
  plus,
  skew,
  sources,
} from '../../../support/matrices.ts';

const { G, W0, T, rank } = F1;
const adamw = { optimizer: 'adamw', firstStepRate: 1e-3, count: 1 } as const;
const options = { rank, scale: 1, initR: 'svd', svd: flatSpectrum(rank) } as const satisfies LoraSbOptions;
const begin = (changed: Partial<LoraSbOptions> = {}, g = G): Promise<LoraSbStart> =>
  loraSbStart(firstUpdate(g, adamw), { ...options, ...changed }, sources());

const BRA = ({ A, B, R }: InnerStart): Matrix => product(product(B, R), A);
/** g_R = s Bᵀ g Aᵀ. */
const gradientOfR = ({ A, B }: Pick<InnerStart, 'A' | 'B'>, g: Matrix, s = 1): Matrix =>
  scaled(product(product(B, g, { a: true }), A, { b: true }), s);
/** X* = (BᵀB)⁻¹ g_R (A Aᵀ)⁻¹ / s². */
function bestInner({ A, B }: Pick<InnerStart, 'A' | 'B'>, g: Matrix, s: number): Matrix {
  const left = leastSquares(product(B, B, { a: true }), gradientOfR({ A, B }, g, s));
  return scaled(transpose(leastSquares(product(A, A, { b: true }), transpose(left))), 1 / s ** 2);
}

const layers = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.nat(), fc.nat())
  .map(([m, n, any, seed]) => ({ m, n, rank: 1 + (any % Math.min(m, n)), seed }));

describe('the first update', () => {
  it('is the sign of the sum times the first rate for AdamW, nothing where the sum is zero', () => {
    const sum = matrix(1, 4, Float64Array.of(2, -1e-30, 0, 5));
    const { data } = firstUpdate(sum, { optimizer: 'adamw', firstStepRate: 0.5, count: 3 });
    expect(Array.from(data, (x) => x + 0)).toEqual([-0.5, 0.5, 0, -0.5]);
  });

  it('is the mean times the first rate for SGD', () => {
    const sum = matrix(1, 3, Float64Array.of(2, -1, 0));
    const { data } = firstUpdate(sum, { optimizer: 'sgd', firstStepRate: 0.5, count: 4 });
    expect(Array.from(data, (x) => x + 0)).toEqual([-0.25, 0.125, 0]);
  });

  it('is refused for a gradient of zeros or one that is not finite', () => {
    expect(() => firstUpdate(matrix(2, 3), adamw)).toThrow(
      new MatrixError('the gradient is zero everywhere'),
    );
    expect(() => firstUpdate(scaled(G, Infinity), adamw)).toThrow('the gradient holds');
  });

  it('has F1’s singular values', () => {
    const D = firstUpdate(G, adamw);
    const expected = [4.12164026, 3.19684728, 2.82842712, 2.18912061, 2, 2];
    for (const [i, s] of exactSvd(D, 'D').S.entries()) expect(1e3 * s).toBeCloseTo(expected[i]!, 8);
    expect(1e3 * norm(D)).toBeCloseTo(6.92820323, 8);
    expect(1e3 * D.data.reduce((sum, x) => sum + x, 0)).toBeCloseTo(8, 10);
    expect(D.data.every((x) => x !== 0)).toBe(true);
  });
});

describe('SB-1: orthonormal factors', () => {
  it('SB-1: Bᵀ B = A Aᵀ = I to 1e-10, and to 1e-5 in float32, on layers of any size', async () => {
    await fc.assert(
      fc.asyncProperty(layers, async ({ m, n, rank, seed }) => {
        const start = await begin({ rank }, gaussian(m, n, seed));
        expect(skew(start.B)).toBeLessThan(1e-10);
        expect(skew(transpose(start.A))).toBeLessThan(1e-10);
        const rounded = roundedFactors(start);
        expect(skew(rounded.B)).toBeLessThan(1e-5);
        expect(skew(transpose(rounded.A))).toBeLessThan(1e-5);
      }),
    );
  });
});

describe('SB-2: the best rank-r part of the update', () => {
  it('SB-2: on F1 leaves 4.55985187e-3, and has its numbers', async () => {
    const D = firstUpdate(G, adamw);
    const start = await begin();
    expect(1e3 * distance(BRA(start), D)).toBeCloseTo(4.55985187, 8);
    const row = [0.04787509, -0.89242566, -1.08626792, 0.04787509, 1.08626792, 0.89242566];
    for (const [j, x] of row.entries()) expect(1e3 * BRA(start).data[j]!).toBeCloseTo(x, 8);
    expect(start.captured).toBeCloseTo(1 - 4.55985187 ** 2 / 48, 8);
  });

  it('SB-2: leaves sqrt(Σ_{i>r} S_i²) on any layer, whatever the scale', async () => {
    await fc.assert(
      fc.asyncProperty(layers, fc.constantFrom(0.25, 1, 4), async ({ m, n, rank, seed }, scale) => {
        const D = firstUpdate(gaussian(m, n, seed), adamw);
        const start = await loraSbStart(D, { ...options, rank, scale }, sources());
        const left = Math.hypot(...exactSvd(D, 'D').S.slice(rank));
        expect(Math.abs(distance(scaled(BRA(start), scale), D) - left)).toBeLessThan(1e-14);
      }),
    );
  });

  it('SB-2: holds at least 99.6 % of what rank r can of a sketched matrix of signs, whose spectrum is flat', async () => {
    const g = gaussian(200, 180, 'signs');
    const D = firstUpdate(g, adamw);
    const { captured } = await begin({ rank: 16, svd: flatSpectrum(16) }, g);
    const best = energy(diagonal(exactSvd(D, 'D').S.slice(0, 16))) / energy(D);
    expect(captured / best).toBeGreaterThan(0.996);
    expect(captured / best).toBeLessThan(1 + 1e-12);
  });
});

it('SB-3: what R adds at first is a descent on F1, as the whole update is by -lr ||g||_1 anywhere', async () => {
  const D = firstUpdate(G, adamw);
  expect(inner(G, BRA(await begin()))).toBeCloseTo(-0.01769714, 8);
  expect(inner(G, D)).toBeCloseTo(-0.03287258, 8);
  expect(inner(G, D)).toBeCloseTo(-1e-3 * G.data.reduce((sum, g) => sum + Math.abs(g), 0), 15);
});

describe('SB-4: the best gradient of R', () => {
  it('SB-4: X* is the least-squares solution of s B X A = g for any factors of full rank and any s', () => {
    const factor = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(), fc.constantFrom(0.25, 1, 4));
    fc.assert(
      fc.property(factor, ([r, seed, s]) => {
        const [A, B] = [gaussian(r, 5, `A ${seed}`), gaussian(6, r, `B ${seed}`)];
        const g = gaussian(6, 5, `g ${seed}`);
        // vec(s B X A), a column for each number of X
        const columns = filled(30, r * r, (row, x) => {
          const [i, j, k, l] = [Math.floor(row / 5), row % 5, Math.floor(x / r), x % r];
          return s * B.data[i * r + k]! * A.data[l * 5 + j]!;
        });
        const solved = leastSquares(columns, matrix(30, 1, g.data));
        const X = bestInner({ A, B }, g, s);
        const size = Math.max(1, norm(X));
        expect(maxError(matrix(r * r, 1, X.data), solved) / size).toBeLessThan(1e-8);
      }),
    );
  });

  it('SB-4: is the plain gradient where the factors are orthonormal and s = 1', async () => {
    const start = await begin();
    expect(maxError(bestInner(start, G, 1), gradientOfR(start, G))).toBeLessThan(1e-12);
  });
});

it.each([
  [0.25, 0.21380872],
  [1, 3.42093957],
  [4, 54.73503304],
])(
  'SB-5: at s = %d the plain gradient moves the weight by s² 3.42093957, X* by 3.42093957',
  async (s, plain) => {
    const start = await begin();
    const moved = (X: Matrix): number => norm(scaled(product(product(start.B, X), start.A), s));
    expect(moved(gradientOfR(start, G, s))).toBeCloseTo(plain, 8);
    expect(moved(bestInner(start, G, s))).toBeCloseTo(3.42093957, 8);
  },
);

it('SB-6: the loss falls by ||Bᵀ g Aᵀ||² per rate, which is <g, g_eq> and the alignment’s share', async () => {
  const start = await begin();
  const step = gradientOfR(start, G);
  const loss = (rate: number): number => inner(G, BRA({ ...start, R: minus(start.R, step, rate) }));
  expect((loss(1e-3) - loss(-1e-3)) / 2e-3).toBeCloseTo(-11.70282751, 8);
  expect(inner(G, product(product(start.B, step), start.A))).toBeCloseTo(11.70282751, 8);
  expect(alignment(start, G)).toBeCloseTo(11.70282751 / 5.20172457 ** 2, 8);
});

it('SB-7: descent on a quadratic loss leads to R = Bᵀ (T - W0) Aᵀ and its floor', async () => {
  const { A, B, R } = await begin();
  const missing = minus(T, W0);
  const rest = (inner: Matrix): Matrix => minus(BRA({ A, B, R: inner }), missing);
  let now = R;
  for (let step = 0; step < 200; step++) now = minus(now, gradientOfR({ A, B }, rest(now)), 0.5);
  expect(maxError(now, gradientOfR({ A, B }, missing))).toBeLessThan(1e-12);
  expect(energy(rest(now)) / 2).toBeCloseTo(22.27147997, 8);
  const projected = product(product(B, product(B, missing, { a: true })), product(A, A, { a: true }));
  expect(energy(minus(missing, projected)) / 2).toBeCloseTo(22.27147997, 8);
});

it('SB-8: training moves the r² numbers of R alone: A and B stay bit for bit', async () => {
  const start = await begin();
  const before = { A: start.A.data.slice(), B: start.B.data.slice() };
  // AdamW's two moments have R's size and no other
  const moments = [new Float64Array(rank * rank), new Float64Array(rank * rank)];
  let R = start.R;
  for (let step = 1; step <= 20; step++) {
    const g = gradientOfR(start, plus(BRA({ ...start, R }), minus(W0, T))).data;
    R = matrix(
      rank,
      rank,
      R.data.map((x, i) => {
        moments[0]![i] = 0.9 * moments[0]![i]! + 0.1 * g[i]!;
        moments[1]![i] = 0.999 * moments[1]![i]! + 0.001 * g[i]! ** 2;
        const size = Math.sqrt(moments[1]![i] / (1 - 0.999 ** step)) + 1e-8;
        return x - (0.01 * (moments[0]![i] / (1 - 0.9 ** step))) / size;
      }),
    );
  }
  expect(maxError(R, start.R)).toBeGreaterThan(0.05);
  expect(R.data.length).toBe(rank ** 2);
  expect(start.A.data).toEqual(before.A);
  expect(start.B.data).toEqual(before.B);
});

it('SB-9: as plain LoRA, A and B R with alpha = r, it computes the same, merged or not', async () => {
  const start = { ...(await begin()), R: gaussian(rank, rank, 'trained') };
  const x = gaussian(6, 3, 'x');
  const adapted = plus(product(W0, x), product(start.B, product(start.R, product(start.A, x))));
  const { A, B } = foldedInner(start);
  expect([A.rows, A.columns, B.rows, B.columns]).toEqual([rank, 6, 8, rank]);
  expect(maxError(plus(product(W0, x), product(B, product(A, x))), adapted)).toBeLessThan(1e-13);
  expect(maxError(product(plus(W0, product(B, A)), x), adapted)).toBeLessThan(1e-13);
});

describe('SB-10: what singular vectors leave open', () => {
  it('SB-10: flipped pairs have the same B R A', async () => {
    const start = await begin();
    for (const signs of [
      [-1, 1],
      [1, -1],
      [-1, -1],
    ]) {
      const flipped = {
        ...start,
        B: scaleColumns(start.B, signs),
        A: transpose(scaleColumns(transpose(start.A), signs)),
      };
      expect(maxError(BRA(flipped), BRA(start))).toBeLessThan(1e-18);
    }
  });

  it('SB-10: an update k times as large scales R alone', async () => {
    const D = firstUpdate(G, adamw);
    const start = await loraSbStart(D, options, sources());
    for (const k of [1e-6, 3, 1e6]) {
      const larger = await loraSbStart(scaled(D, k), options, sources());
      expect(maxError(larger.A, start.A)).toBeLessThan(1e-12);
      expect(maxError(larger.B, start.B)).toBeLessThan(1e-12);
      expect(maxError(scaled(larger.R, 1 / k), start.R)).toBeLessThan(1e-15);
    }
  });
});

it('SB-11: a loss k times as large begins the same', async () => {
  const start = await begin();
  for (const k of [1e-9, 0.3, 1e9]) expect(await begin({}, scaled(G, k))).toEqual(start);
});

describe('start values', () => {
  it('leave the base’s loss as it was where R begins at zero', async () => {
    const { A, B, R } = await begin({ initR: 'zero' });
    expect(R).toEqual(matrix(rank, rank));
    expect({ A, B }).toEqual({ A: (await begin()).A, B: (await begin()).B });
    expect(alignment({ A: identity(6), B: identity(8) }, G)).toBeCloseTo(1, 14);
  });

  it('are refused where the rank is above the smaller side', async () => {
    await expect(begin({ rank: 7 })).rejects.toThrow('the first update of 8 x 6 has no 7 singular vectors');
    await expect(begin({ rank: 6 })).resolves.toBeDefined();
  });
});
