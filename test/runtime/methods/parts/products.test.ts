/** @file Products against the definition, however the operands lie. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { transpose } from '../../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../../runtime/methods/parts/products.ts';
import { filled, gaussian, maxError } from '../../../support/matrices.ts';

const size = fc.integer({ min: 1, max: 13 });

it('is the sum over the inner size, for each way of turning the operands', () => {
  fc.assert(
    fc.property(size, size, size, fc.boolean(), fc.boolean(), (m, l, n, a, b) => {
      const [A, B] = [gaussian(m, l, 'A'), gaussian(l, n, 'B')];
      const defined = filled(m, n, (i, j) => {
        let sum = 0;
        for (let k = 0; k < l; k++) sum += A.data[i * l + k]! * B.data[k * n + j]!;
        return sum;
      });
      const result = product(a ? transpose(A) : A, b ? transpose(B) : B, { a, b });
      expect([result.rows, result.columns]).toEqual([m, n]);
      expect(maxError(result, defined)).toBeLessThan(1e-13);
    }),
  );
});

it('refuses sizes that do not meet', () => {
  expect(() => product(gaussian(2, 3, 0), gaussian(2, 4, 1))).toThrow('2 x 3 and 2 x 4 have no product');
  expect(() => product(gaussian(2, 3, 0), gaussian(2, 4, 1), { a: true, b: true })).toThrow(
    '3 x 2 and 4 x 2 have no product',
  );
});
