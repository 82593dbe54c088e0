/** @file SmolLM3: layers without rope. */
import { expect, test } from 'vitest';
import { smollm3 } from '../../../../runtime/model/families/smollm3.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(smollm3);

test('every fourth layer has no rope unless a list says otherwise', () => {
  const turning = casesOf('smollm3').map(({ config }) => specOf(config).layers.map(({ rope }) => rope === 0));
  expect(turning).toEqual([
    [true, true, true, false],
    [true, false, true, false],
    [true, false, true, false],
    [true, true, false, true],
  ]);
});
