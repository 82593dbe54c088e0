/** @file Qwen 3: norms on each head of q and k. */
import { expect, test } from 'vitest';
import { qwen3 } from '../../../../runtime/model/families/qwen3.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(qwen3);

test('q and k have a norm over a head', () => {
  const spec = specOf(casesOf('qwen3')[0]!.config);
  expect(spec.qkNorm).toBe('head');
  expect(spec.names.blocks[3]!.kNorm).toBe('model.layers.3.self_attn.k_norm');
});
