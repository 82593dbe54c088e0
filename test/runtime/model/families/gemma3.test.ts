/** @file Gemma 3: two ropes, five sliding layers to a full one. */
import { expect, test } from 'vitest';
import { gemma3 } from '../../../../runtime/model/families/gemma3.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(gemma3);

test('full and sliding layers turn with their own rope, old spelling and new', () => {
  const ropes = casesOf('gemma3_text').map(({ config }) => specOf(config).layers.map(({ rope }) => rope));
  expect(ropes).toEqual([
    [1, 1, 0, 1],
    [1, 1, 1, 1, 1, 0, 1],
    [1, 0, 1, 0],
    [1, 0, 1, 0],
  ]);
});

test('only the logits may be capped', () => {
  const specs = casesOf('gemma3_text').map(({ config }) => specOf(config));
  expect(specs.map(({ finalSoftcap }) => finalSoftcap)).toEqual([undefined, 12, undefined, undefined]);
});
