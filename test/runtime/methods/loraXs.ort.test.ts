/** @file LoRA-XS begins with the weight's singular vectors, trains r² numbers, and is LoRA-SB's layer otherwise. */
import { expect, it } from 'vitest';
import { loraSb } from '../../../runtime/methods/loraSb.ts';
import { loraXs } from '../../../runtime/methods/loraXs.ts';
import { matrix } from '../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../runtime/methods/parts/products.ts';
import { exactSvd } from '../../../runtime/methods/parts/svd.ts';
import { uniform } from '../../../runtime/train/random.ts';
import { layer } from '../../support/checkMethod.ts';
import { randomNumbers } from '../../support/evaluate.ts';

const { inputs, outputs } = layer;
const W = matrix(outputs, inputs, Float64Array.from(randomNumbers(outputs * inputs, 'W')));
const options = { rank: 2, alpha: 2 };

it('A and B are the best rank-r part of the weight, R next to nothing', async () => {
  const { tensors } = await loraXs.start!(options)!.compute({
    layer,
    weight: () => W,
    gradient: () => {
      throw new Error('no gradient is needed');
    },
    sources: { multiply: product, random: uniform(1) },
    optimizer: 'adamw',
    firstStepRate: 1e-3,
  });
  const { S } = exactSvd(W, 'W');
  const BA = product(tensors['B']!, tensors['A']!);
  const left = BA.data.reduce((sum, x, i) => sum + (W.data[i]! - x) ** 2, 0);
  expect(left).toBeCloseTo(
    S.slice(2).reduce((sum, s) => sum + s * s, 0),
    9,
  );
  const R = tensors['R']!.data;
  expect(Math.max(...R.map(Math.abs))).toBeLessThan(1e-4);
  expect(Math.max(...R.map(Math.abs))).toBeGreaterThan(1e-7);
});

it('trains r² numbers a layer between frozen factors, as LoRA-SB does', () => {
  const specs = loraXs.params(options, layer);
  expect(Object.entries(specs).map(([key, { shape, frozen }]) => [key, shape, frozen === true])).toEqual([
    ['A', [2, inputs], true],
    ['B', [outputs, 2], true],
    ['R', [2, 2], false],
  ]);
  expect(loraSb.params({ ...options, initR: 'svd' }, layer)).toEqual(specs);
  expect(loraXs.refuse!({ rank: 6, alpha: 6 }, layer)).toContain('LoRA-XS needs the rank');
});
