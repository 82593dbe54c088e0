/** @file Products by ONNX Runtime against those in TypeScript, and a decomposition that takes them. */
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { transpose } from '../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../runtime/methods/parts/products.ts';
import type { Multiply } from '../../../runtime/methods/parts/products.ts';
import { leadingSvd } from '../../../runtime/methods/parts/randomisedSvd.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { OrtProducts } from '../../../runtime/ort/products.ts';
import { gaussian, maxError, sources } from '../../support/matrices.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
const products = new OrtProducts(device);
const multiply: Multiply = products.multiply;
afterAll(() => device[Symbol.asyncDispose]());

const size = fc.integer({ min: 1, max: 9 });

it('are those of TypeScript in double precision, however the operands lie, by four programs', async () => {
  await fc.assert(
    fc.asyncProperty(size, size, size, fc.boolean(), fc.boolean(), async (m, l, n, a, b) => {
      const [A, B] = [gaussian(m, l, 'A'), gaussian(l, n, 'B')];
      const result = await multiply(a ? transpose(A) : A, b ? transpose(B) : B, { a, b });
      expect([result.rows, result.columns]).toEqual([m, n]);
      expect(maxError(result, product(A, B))).toBeLessThan(1e-14);
    }),
    { numRuns: 60 },
  );
  expect(device.sessionCount).toBe(4);
});

it('keep each result: the next product does not overwrite it', async () => {
  const [A, B] = [gaussian(4, 3, 'A'), gaussian(3, 5, 'B')];
  const first = await multiply(A, B);
  await multiply(B, A, { a: true, b: true });
  await multiply(gaussian(4, 3, 'C'), B);
  expect(maxError(first, product(A, B))).toBeLessThan(1e-14);
});

it('carry a decomposition to the same numbers', async () => {
  const M = product(gaussian(180, 12, 'l'), gaussian(12, 150, 'r'));
  const options = { sketch: 16, powerIterations: 2 };
  const here = await leadingSvd(M, 4, options, sources(2), 'M');
  const there = await leadingSvd(M, 4, options, { ...sources(2), multiply }, 'M');
  for (const [i, s] of here.S.entries()) expect(there.S[i]).toBeCloseTo(s, 9);
  expect(maxError(there.U, here.U)).toBeLessThan(1e-10);
  expect(maxError(there.V, here.V)).toBeLessThan(1e-10);
});

it('are refused where sizes do not meet, and on a GPU', async () => {
  await expect(multiply(gaussian(2, 3, 0), gaussian(2, 4, 1))).rejects.toThrow(
    '2 x 3 and 2 x 4 have no product',
  );
  const gpu = new Device({ provider: 'webgpu', threads: 1 });
  expect(() => new OrtProducts(gpu)).toThrow('a device in host memory');
});
