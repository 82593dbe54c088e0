/** @file LoRA-GA's start values: the numbered properties GA-1 to GA-13, on fixture F1 and on random layers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loraGaFromGradient, loraGaIndices } from '../../../../runtime/methods/inits/loraGa.ts';
import type { LoraGaOptions, LoraGaStart } from '../../../../runtime/methods/inits/loraGa.ts';
import { loraScale } from '../../../../runtime/methods/parts/lowRank.ts';
import {
  identity,
  largest,
  matrix,
  pickColumns,
  roundedFactors,
  scaled,
  storedOrder,
  transpose,
  weightMatrix,
} from '../../../../runtime/methods/parts/matrix.ts';
import type { Factors, Matrix } from '../../../../runtime/methods/parts/matrix.ts';
import {
  doubledAlpha,
  doubledFactors,
  withoutStart,
} from '../../../../runtime/methods/parts/negativeBranch.ts';
import { product } from '../../../../runtime/methods/parts/products.ts';
import { exactSvd } from '../../../../runtime/methods/parts/svd.ts';
import {
  distance,
  F1,
  gaussian,
  inner,
  maxError,
  minus,
  norm,
  plus,
  sources,
} from '../../../support/matrices.ts';

const { G, W0, rank } = F1;
const { S, U, V } = exactSvd(G, 'G');
/** F1's table: alpha 4, rank-stabilised and plain. */
const scalings = [
  {
    name: 'rank-stabilised',
    rankStabilized: true,
    eta: 2.82842712,
    zeta: 1.41421356,
    spectral: 0.5,
    frobenius: 0.70710678,
    residual: 2.76978256,
    second: 3.22249e-5,
  },
  {
    name: 'plain',
    rankStabilized: false,
    eta: 2,
    zeta: 0.70710678,
    spectral: 0.35355339,
    frobenius: 0.5,
    residual: 1.38489128,
    second: 1.13932e-5,
  },
] as const;
const scaleOf = (rankStabilized: boolean): number => loraScale({ rank, alpha: 4, rankStabilized });

const paper = {
  rank,
  scale: scaleOf(true),
  direction: 'ArB2r',
  factor: 'stable',
  gamma: 16,
  normClip: false,
  variant: 'paper',
} as const satisfies LoraGaOptions;

const begin = (options: Partial<LoraGaOptions> = {}, g = G, w = W0, seed = 0): Promise<LoraGaStart> =>
  loraGaFromGradient(g, w, { ...paper, ...options }, sources(seed));

const BA = ({ A, B }: Factors): Matrix => product(B, A);
/** s² (G Aᵀ A + B Bᵀ G): minus the weight's change by a first SGD step, per learning rate, to first order. */
const firstOrder = ({ A, B }: Factors, g: Matrix, scale: number): Matrix =>
  scaled(plus(product(product(g, A, { b: true }), A), product(B, product(B, g, { a: true }))), scale ** 2);
/** A and B after one SGD step of size `rate` where the weight's gradient is `g`. */
const stepped = ({ A, B }: Factors, g: Matrix, scale: number, rate: number): Factors => ({
  A: minus(A, product(B, g, { a: true }), rate * scale),
  B: minus(B, product(g, A, { b: true }), rate * scale),
});
/** The part of G in its singular values of these indices. */
const part = (indices: readonly number[], g = G): Matrix => {
  const svd = exactSvd(g, 'G');
  const left = pickColumns(svd.U, indices);
  return product(left, product(left, g, { a: true }));
};
const squares = (numbers: Iterable<number>): number => [...numbers].reduce((sum, s) => sum + s * s, 0);
/** ||k P - G|| / ||G|| at the best k. */
const bestGainResidual = (P: Matrix, g = G): number =>
  Math.sqrt(1 - inner(P, g) ** 2 / (inner(P, P) * inner(g, g)));

/** A layer up to 12 x 12 with 2r within it, and a seed. */
const layers = fc
  .tuple(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 2, max: 12 }), fc.nat(), fc.nat())
  .map(([m, n, any, seed]) => ({ m, n, rank: 1 + (any % Math.floor(Math.min(m, n) / 2)), seed }));
const directions = fc.constantFrom('ArB2r', 'A2rBr', 'ArBr', 'random' as const);

describe('GA-1: the function is preserved', () => {
  it('GA-1: W_init + s B0 A0 = W0 to 1e-12 in double precision', async () => {
    for (const { rankStabilized } of scalings) {
      const scale = scaleOf(rankStabilized);
      const start = await begin({ scale });
      expect(maxError(plus(withoutStart(W0, start, scale), scaled(BA(start), scale)), W0)).toBeLessThan(
        1e-12,
      );
    }
  });

  it('GA-1: to 1e-5 of the weight where base and factors are float32, the base less the rounded factors', async () => {
    const W = roundedFactors({ A: W0, B: W0 }).A;
    const start = roundedFactors(await begin());
    const base = roundedFactors({ A: withoutStart(W, start, paper.scale), B: W }).A;
    expect(maxError(plus(base, scaled(BA(start), paper.scale)), W) / largest(W, 'W')).toBeLessThan(1e-5);
  });

  it('GA-1: exactly where a frozen branch takes back what the factors add, whatever the rounding', async () => {
    const { A, B } = roundedFactors(await begin());
    const held = {
      A: matrix(A.rows, A.columns, A.data.slice()),
      B: matrix(B.rows, B.columns, B.data.slice()),
    };
    expect(maxError(BA({ A, B }), BA(held))).toBe(0);
  });

  it('GA-1: to 0.4 % of the weight where the base is bfloat16: what the frozen branch is for', async () => {
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    const bfloat16 = (x: number): number => {
      float[0] = x;
      bits[0] = (bits[0]! + 0x7fff + ((bits[0]! >>> 16) & 1)) & 0xffff0000; // to the nearest, ties to even
      return float[0];
    };
    const rounded = ({ rows, columns, data }: Matrix): Matrix => matrix(rows, columns, data.map(bfloat16));
    const W = rounded(scaled(gaussian(512, 512, 'W'), 0.02));
    const scale = 16 / Math.sqrt(8);
    const start = roundedFactors(await begin({ rank: 8, scale }, gaussian(512, 512, 'G'), W));
    const back = plus(rounded(withoutStart(W, start, scale)), scaled(BA(start), scale));
    const error = distance(back, W) / norm(W);
    expect(error).toBeGreaterThan(0.001);
    expect(error).toBeLessThan(0.0045);
  });

  it('GA-1: for every direction and factor on random layers', async () => {
    const factors = fc.constantFrom('stable', 'unit', 'gd', 'weightS' as const);
    await fc.assert(
      fc.asyncProperty(
        layers,
        directions,
        factors,
        fc.boolean(),
        async (layer, direction, factor, normClip) => {
          const [g, w] = [
            gaussian(layer.m, layer.n, layer.seed),
            gaussian(layer.m, layer.n, `W ${layer.seed}`),
          ];
          const start = await begin({ rank: layer.rank, direction, factor, normClip }, g, w);
          const back = plus(withoutStart(w, start, paper.scale), scaled(BA(start), paper.scale));
          expect(maxError(back, w)).toBeLessThan(1e-12);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('GA-2: orthogonality', () => {
  it.each([
    ['stable', 0.42044821],
    ['unit', 1],
    ['gd', 1 / paper.scale],
  ] as const)('GA-2: A0 A0ᵀ = B0ᵀ B0 = c² I for %s', async (factor, c) => {
    const { A, B } = await begin({ factor });
    const I = scaled(identity(rank), c * c);
    expect(maxError(product(A, A, { b: true }), I)).toBeLessThan(1e-8);
    expect(maxError(product(B, B, { a: true }), I)).toBeLessThan(1e-8);
  });

  it('GA-2: with c the mean of sqrt(S_W / s) for weightS', async () => {
    const { A, B } = await begin({ factor: 'weightS' });
    const [first, second] = exactSvd(W0, 'W').S;
    const c = (Math.sqrt(first! / paper.scale) + Math.sqrt(second! / paper.scale)) / 2;
    expect(maxError(product(A, A, { b: true }), scaled(identity(rank), c * c))).toBeLessThan(1e-12);
    expect(maxError(product(B, B, { a: true }), scaled(identity(rank), c * c))).toBeLessThan(1e-12);
  });
});

describe.each(scalings)(
  'F1, $name',
  ({ rankStabilized, eta, zeta, spectral, frobenius, residual, second }) => {
    const scale = scaleOf(rankStabilized);

    it('GA-3: the first step is zeta times the best rank-2r part of the gradient', async () => {
      expect(scale).toBeCloseTo(eta, 8);
      const start = await begin({ scale });
      expect(start.gain).toBeCloseTo(zeta, 8);
      const best = scaled(part([0, 1, 2, 3]), start.gain!);
      expect(distance(firstOrder(start, G, scale), best)).toBeLessThan(1e-12);
      expect(bestGainResidual(firstOrder(start, G, scale))).toBeCloseTo(0.3765159, 8);
    });

    it('GA-4: what is left is zeta sqrt(Σ_{i>2r} S_i²), and no random factors leave less', async () => {
      const start = await begin({ scale });
      const left = distance(firstOrder(start, G, scale), scaled(G, start.gain!));
      expect(left).toBeCloseTo(start.gain! * Math.sqrt(squares(S.slice(4))), 12);
      expect(left).toBeCloseTo(residual, 8);
      for (let seed = 0; seed < 200; seed++) {
        const random = { A: gaussian(rank, 6, `A ${seed}`), B: gaussian(8, rank, `B ${seed}`) };
        const P = firstOrder(random, G, scale);
        // at the length that serves it best
        const k = inner(P, scaled(G, start.gain!)) / inner(P, P);
        expect(distance(scaled(P, k), scaled(G, start.gain!))).toBeGreaterThan(left);
      }
    });

    it('GA-5: the weight after one SGD step is the two-term formula', async () => {
      const start = await begin({ scale });
      for (const rate of [1e-3, 0.1, 2]) {
        const moved = scaled(minus(BA(stepped(start, G, scale, rate)), BA(start)), scale);
        const second = scaled(
          product(product(G, start.A, { b: true }), product(start.B, G, { a: true })),
          rate ** 2 * scale ** 3,
        );
        const formula = plus(scaled(firstOrder(start, G, scale), -rate), second);
        expect(maxError(moved, formula)).toBeLessThan(1e-12 * Math.max(1, rate ** 2 * scale ** 3));
      }
    });

    it('GA-6: its second-order term has the norm of the formula', async () => {
      const start = await begin({ scale });
      const rate = 1e-3;
      const moved = scaled(minus(BA(stepped(start, G, scale, rate)), BA(start)), scale);
      const term = norm(plus(moved, scaled(firstOrder(start, G, scale), rate)));
      const c2 = start.gain! / scale ** 2;
      const formula = rate ** 2 * scale ** 3 * c2 * Math.hypot(S[0]! * S[2]!, S[1]! * S[3]!);
      expect(term / formula).toBeCloseTo(1, 9);
      expect(term / second).toBeCloseTo(1, 5);
    });

    it('GA-7: the loss falls by lambda zeta Σ_{i<=2r} S_i² to first order', async () => {
      const start = await begin({ scale });
      // a linear loss <G, W>; central differences are exact for its quadratic course
      const loss = (rate: number): number => scale * inner(G, BA(stepped(start, G, scale, rate)));
      const slope = (loss(1e-3) - loss(-1e-3)) / 2e-3;
      expect(slope / (-start.gain! * squares(S.slice(0, 4)))).toBeCloseTo(1, 10);
    });

    it('GA-10: what the factors add has r equal singular values s sqrt(m) / gamma', async () => {
      const offset = scaled(BA(await begin({ scale })), scale);
      const values = exactSvd(offset, 'offset').S;
      for (const s of values.slice(0, 2)) expect(s).toBeCloseTo((scale * Math.sqrt(8)) / 16, 12);
      expect(values[0]).toBeCloseTo(spectral, 8);
      expect(norm(offset)).toBeCloseTo(frobenius, 8);
      expect(norm(offset)).toBeCloseTo(values[0]! * Math.SQRT2, 12);
    });

    it('GA-11: the export of rank 2r on the untouched base is what was trained on the other', async () => {
      const start = await begin({ scale });
      const doubledScale = loraScale({
        rank: 2 * rank,
        alpha: doubledAlpha({ alpha: 4, rankStabilized }),
        rankStabilized,
      });
      expect(doubledScale).toBeCloseTo(eta, 8);
      const trained = {
        A: plus(start.A, gaussian(rank, 6, 'dA')),
        B: plus(start.B, gaussian(8, rank, 'dB')),
      };
      const exported = doubledFactors(trained, start);
      expect([exported.A.rows, exported.B.columns]).toEqual([4, 4]);
      const there = plus(W0, scaled(BA(exported), doubledScale));
      const here = plus(withoutStart(W0, start, scale), scaled(BA(trained), scale));
      expect(maxError(there, here)).toBeLessThan(1e-12);
      expect(largest(BA(doubledFactors(start, start)), 'delta')).toBeLessThan(1e-15);
    });
  },
);

it('GA-3, GA-4: hold on random layers, for every direction', async () => {
  await fc.assert(
    fc.asyncProperty(layers, directions, async ({ m, n, rank, seed }, direction) => {
      const g = gaussian(m, n, seed);
      const svd = exactSvd(g, 'g');
      const start = await begin({ rank, direction }, g, g, seed);
      const P = firstOrder(start, g, paper.scale);
      const leading = Array.from({ length: 2 * rank }, (_, i) => i);
      expect(distance(P, scaled(part(leading, g), start.gain!))).toBeLessThan(1e-10 * start.gain!);
      const left = start.gain! * Math.sqrt(squares(svd.S.slice(2 * rank)));
      expect(distance(P, scaled(g, start.gain!))).toBeCloseTo(left, 9);
      expect(start.captured).toBeCloseTo(squares(svd.S.slice(0, 2 * rank)) / squares(svd.S), 12);
    }),
    { numRuns: 60 },
  );
});

describe('GA-8: every split of the first 2r serves', () => {
  it('GA-8: all six of F1 leave 1.95853203, by the directions alone', async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const options = { direction: 'random' } as const;
      const { a } = loraGaIndices({ ...paper, ...options }, sources(seed).random);
      seen.add([...a].sort().join());
      const start = await begin(options, G, W0, seed);
      const P = scaled(firstOrder(start, G, paper.scale), 1 / start.gain!);
      expect(distance(P, G)).toBeCloseTo(1.95853203, 8);
      expect(distance(P, part([0, 1, 2, 3]))).toBeLessThan(1e-12);
    }
    expect(seen.size).toBe(6);
  });

  it('GA-8: sets that overlap lose the optimum', () => {
    const overlapping = { A: transpose(pickColumns(V, [0, 2])), B: pickColumns(U, [0, 2]) };
    const P = firstOrder(overlapping, G, 1);
    expect(distance(P, G)).toBeCloseTo(5.20172457, 8);
    expect(distance(P, part([0, 1, 2, 3]))).toBeGreaterThan(1);
  });

  it.each([
    ['ArB2r', [0, 1, 2], [3, 4, 5]],
    ['A2rBr', [3, 4, 5], [0, 1, 2]],
    ['ArBr', [1, 3, 5], [0, 2, 4]],
  ] as const)('GA-8: %s takes its columns', (direction, a, b) => {
    expect(loraGaIndices({ rank: 3, direction, variant: 'paper' }, () => 0)).toEqual({ a, b });
  });
});

it('GA-9: the size of the gradient plays no part', async () => {
  const start = await begin();
  for (const k of [1e-12, 1e-3, 7, 1e12]) {
    const other = await begin({}, scaled(G, k));
    expect(maxError(other.A, start.A)).toBeLessThan(1e-12);
    expect(maxError(other.B, start.B)).toBeLessThan(1e-12);
    expect(bestGainResidual(firstOrder(other, G, paper.scale))).toBeCloseTo(0.3765159, 8);
  }
});

it('GA-12: a layer that is stored transposed has the same effective matrices, with m = outputs in c', async () => {
  const layer = { inputs: 6, outputs: 8 };
  const stored = { G: transpose(G).data, W: transpose(W0).data };
  const start = await begin({}, weightMatrix(stored.G, layer, true), weightMatrix(stored.W, layer, true));
  expect(start).toEqual(await begin());
  expect(
    maxError(product(start.A, start.A, { b: true }), scaled(identity(2), Math.sqrt(8) / 16)),
  ).toBeLessThan(1e-12);
  const rest = storedOrder(withoutStart(weightMatrix(stored.W, layer, true), start, paper.scale), true);
  expect(rest).toEqual(transpose(withoutStart(W0, start, paper.scale)).data);
});
