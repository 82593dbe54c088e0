/** @file Gemma 2: soft caps, alternating windows, shifted norms. */
import { expect, test } from 'vitest';
import { gemma2 } from '../../../../runtime/model/families/gemma2.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(gemma2);

test('soft caps follow absence, null and number', () => {
  const specs = casesOf('gemma2').map(({ config }) => specOf(config));
  expect(specs.map(({ attentionSoftcap }) => attentionSoftcap)).toEqual([50, undefined]);
  expect(specs.map(({ finalSoftcap }) => finalSoftcap)).toEqual([30, undefined]);
});

test('norms stand around each sub-layer and lack the 1', () => {
  const spec = specOf(casesOf('gemma2')[0]!.config);
  expect([spec.norm.offset, spec.normPlacement, spec.activation]).toEqual([1, 'both', 'gelu-tanh']);
});
