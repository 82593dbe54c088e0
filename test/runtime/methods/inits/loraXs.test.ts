/** @file LoRA-XS's frozen factors and the small matrix between them. */
import { expect, it } from 'vitest';
import { loraXsStart } from '../../../../runtime/methods/inits/loraXs.ts';
import { energy, identity, matrix, MatrixError } from '../../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../../runtime/methods/parts/products.ts';
import { exactSvd } from '../../../../runtime/methods/parts/svd.ts';
import {
  diagonal,
  distance,
  F1,
  gaussian,
  maxError,
  minus,
  norm,
  skew,
  sources,
} from '../../../support/matrices.ts';

it('LoRA-XS spans the weight’s principal part, its singular values on the inputs’ side', async () => {
  const { S } = exactSvd(F1.W0, 'W');
  const { A, B } = await loraXsStart(F1.W0, 3, sources());
  expect(skew(B)).toBeLessThan(1e-13);
  expect(
    maxError(product(A, A, { b: true }), diagonal(Array.from(S.slice(0, 3), (s) => s * s))),
  ).toBeLessThan(1e-11);
  // with R = I it is the best rank-r part
  expect(norm(minus(F1.W0, product(product(B, identity(3)), A)))).toBeCloseTo(Math.hypot(...S.slice(3)), 12);
});

it('LoRA-XS begins with R of N(0, 1e-5²), which follows from the source', async () => {
  const W = gaussian(60, 60, 'W');
  const { R } = await loraXsStart(W, 40, sources(1));
  expect([R.rows, R.columns]).toEqual([40, 40]);
  // the deviation of 1600 numbers is within 10 % by far
  expect(Math.sqrt(energy(R) / 1600) / 1e-5).toBeCloseTo(1, 1);
  expect((await loraXsStart(W, 40, sources(1))).R).toEqual(R);
  expect(distance((await loraXsStart(W, 40, sources(2))).R, R)).toBeGreaterThan(1e-5);
});

it('LoRA-XS is refused for a weight of zeros and a rank beyond it', async () => {
  await expect(loraXsStart(matrix(8, 6), 2, sources())).rejects.toThrow(MatrixError);
  await expect(loraXsStart(F1.W0, 7, sources())).rejects.toThrow(
    'the weight of 8 x 6 has no 7 singular vectors',
  );
});
