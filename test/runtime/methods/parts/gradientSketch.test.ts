/** @file A gradient's singular values from Y = G Omega and Z = Psiᵀ G alone. */
import { describe, expect, it } from 'vitest';
import {
  sketchBasis,
  sketchedEnergy,
  svdOfSketch,
} from '../../../../runtime/methods/parts/gradientSketch.ts';
import type { GradientSketch, SketchBasis } from '../../../../runtime/methods/parts/gradientSketch.ts';
import { energy, matrix, MatrixError, scaleColumns } from '../../../../runtime/methods/parts/matrix.ts';
import type { Matrix } from '../../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../../runtime/methods/parts/products.ts';
import { exactSvd } from '../../../../runtime/methods/parts/svd.ts';
import { filled, gaussian, maxError, skew, sources } from '../../../support/matrices.ts';

const sketchOf = (G: Matrix, { Omega, Psi }: SketchBasis): GradientSketch => ({
  Y: product(G, Omega),
  Z: product(Psi, G, { a: true }),
});
const basisFor = (rank: number, G: Matrix, seed = 1): SketchBasis =>
  sketchBasis(rank, { inputs: G.columns, outputs: G.rows }, sources(seed).random);

describe('the random matrices', () => {
  it('are 4r and 8r wide where the layer has room, and hold nothing that float32 does not', () => {
    const { Omega, Psi } = sketchBasis(3, { inputs: 40, outputs: 50 }, sources().random);
    expect([Omega.rows, Omega.columns, Psi.rows, Psi.columns]).toEqual([40, 12, 50, 24]);
    for (const x of [...Omega.data, ...Psi.data]) expect(Math.fround(x)).toBe(x);
    const small = sketchBasis(3, { inputs: 40, outputs: 6 }, sources().random);
    expect([small.Omega.columns, small.Psi.columns]).toEqual([6, 6]);
  });

  it('follow from their source', () => {
    const G = gaussian(9, 8, 'G');
    expect(basisFor(1, G, 5)).toEqual(basisFor(1, G, 5));
    expect(basisFor(1, G, 5)).not.toEqual(basisFor(1, G, 6));
  });
});

describe('the decomposition', () => {
  it('is the gradient’s own where its rank is at most 4r', () => {
    for (const [m, n] of [
      [30, 20],
      [20, 30],
    ] as const) {
      const G = product(gaussian(m, 8, 'l'), gaussian(8, n, 'r'));
      const basis = basisFor(2, G);
      const found = svdOfSketch(sketchOf(G, basis), basis);
      expect(maxError(product(scaleColumns(found.U, found.S), found.V, { b: true }), G)).toBeLessThan(1e-11);
      expect(skew(found.U)).toBeLessThan(1e-12);
      expect(skew(found.V)).toBeLessThan(1e-12);
      const exact = exactSvd(G, 'G');
      for (let i = 0; i < 8; i++) expect(found.S[i]).toBeCloseTo(exact.S[i]!, 9);
    }
  });

  it('finds the leading directions of a gradient whose spectrum falls as gradients’ do', () => {
    const { U, V } = exactSvd(gaussian(120, 90, 'spectrum'), 'M');
    const G = product(
      scaleColumns(
        U,
        Array.from({ length: 90 }, (_, i) => (1 + i) ** -1.5),
      ),
      V,
      { b: true },
    );
    const basis = basisFor(4, G);
    const found = svdOfSketch(sketchOf(G, basis), basis);
    // energy of G within the leading 2r left directions, over the best that 2r directions can hold
    const within = (left: Matrix): number => energy(product(left, G, { a: true }));
    const first = (M: Matrix): Matrix => filled(M.rows, 8, (i, j) => M.data[i * M.columns + j]!);
    expect(within(first(found.U)) / within(first(U))).toBeGreaterThan(0.97);
    expect(sketchedEnergy(sketchOf(G, basis)) / energy(G)).toBeGreaterThan(0.5);
    expect(sketchedEnergy(sketchOf(G, basis)) / energy(G)).toBeLessThan(2);
  });

  it('is refused for a sketch of nothing and for numbers that are not finite', () => {
    const G = gaussian(9, 8, 'G');
    const basis = basisFor(1, G);
    expect(() => svdOfSketch(sketchOf(matrix(9, 8), basis), basis)).toThrow(
      new MatrixError('the gradient is zero everywhere'),
    );
    const { Y, Z } = sketchOf(G, basis);
    const broken = (M: Matrix): Matrix =>
      matrix(
        M.rows,
        M.columns,
        M.data.map((x, at) => (at === 2 ? NaN : x)),
      );
    expect(() => svdOfSketch({ Y: broken(Y), Z }, basis)).toThrow('the sketched gradient holds NaN');
    expect(() => svdOfSketch({ Y, Z: broken(Z) }, basis)).toThrow('the sketched gradient holds NaN');
  });
});
