/** @file Qwen 2: biases on q, k, v only; which layers slide. */
import { expect, test } from 'vitest';
import { qwen2 } from '../../../../runtime/model/families/qwen2.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(qwen2);

test('q, k and v have biases, the others none', () => {
  const { q, k, v, o, gate, up, down } = specOf(casesOf('qwen2')[0]!.config).names.blocks[0]!;
  expect([q, k, v, o, gate, up, down].map((linear) => linear?.bias)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
