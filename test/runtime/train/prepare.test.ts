/** @file Rows for any base: a decoder's in the tiles of a plan, whole documents otherwise. */
import { expect, test } from 'vitest';
import { prepareRows } from '../../../runtime/train/prepare.ts';
import { casesOf, specOf } from '../../support/familyCases.ts';

const row = { ids: Uint32Array.of(3, 4, 5, 6, 7, 8, 9, 10, 11), mask: new Uint8Array(9), label: 1 };

test.each([
  ['llama', ['group0.mask', 'group1.mask']],
  ['bert', ['all.mask']],
  ['t5', ['source.mask', 'target.mask', 'cross.mask']],
])('%s', (family, masks) => {
  const spec = specOf(casesOf(family)[0]!.config);
  const { feeds } = prepareRows([row], spec, { chunk: 8, count: 2 });
  expect(Object.keys(feeds).filter((name) => name.endsWith('.mask'))).toEqual(masks);
});
