/** @file Which linears there are, and how many numbers a shape holds. */
import { expect, it } from 'vitest';
import { elementCount, linearsOf, unadapted } from '../../../runtime/model/adapted.ts';
import { blockLinears } from '../../../runtime/model/specTensors.ts';
import { specOf } from '../../support/familyCases.ts';
import { tinyLlama } from '../../support/tinyBase.ts';

it('linears come block by block, the head last, each once', () => {
  const spec = specOf(tinyLlama);
  const paths = linearsOf(spec).map(({ path }) => path);
  expect(paths).toHaveLength(2 * 7 + 1);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths.slice(7, 14)).toEqual(blockLinears(spec, 1).map(({ path }) => path));
  expect(paths.at(-1)).toBe(spec.names.head.path);
});

it('an element count is the product of the sizes, one for a number', () => {
  expect([elementCount([]), elementCount([3, 4, 5]), elementCount([7, 0])]).toEqual([1, 60, 0]);
});

it('a base without adapters trains nothing', () => {
  expect([unadapted.linears.size, unadapted.saved.size, unadapted.embedding]).toEqual([0, 0, undefined]);
});
