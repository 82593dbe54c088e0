/** @file OLMo 2: norms behind the sub-layers and over all of q and k. */
import { expect, test } from 'vitest';
import { olmo2 } from '../../../../runtime/model/families/olmo2.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(olmo2);

test('norms stand behind the sub-layers', () => {
  const spec = specOf(casesOf('olmo2')[0]!.config);
  const block = spec.names.blocks[0]!;
  expect([spec.normPlacement, spec.qkNorm]).toEqual(['post', 'full']);
  expect([block.inputNorm, block.preMlpNorm]).toEqual([undefined, undefined]);
  expect(block.postMlpNorm).toBe('model.layers.0.post_feedforward_layernorm');
});
