/** @file GPT-2: Conv1D, learned positions, LayerNorm. */
import { expect, test } from 'vitest';
import { gpt2 } from '../../../../runtime/model/families/gpt2.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(gpt2);

test('weights are stored [in, out], positions are learned', () => {
  const spec = specOf(casesOf('gpt2')[0]!.config);
  expect(spec.names.blocks[0]!.qkv).toMatchObject({ inputs: 32, outputs: 96, bias: true, transposed: true });
  expect([spec.names.positions, spec.learnedPositions, spec.ropes.length]).toEqual([
    'transformer.wpe',
    true,
    0,
  ]);
});

test('cross-attention is refused', () => {
  const config = { ...casesOf('gpt2')[0]!.config, add_cross_attention: true };
  expect(() => specOf(config)).toThrow('add_cross_attention is true');
});

test('heads must divide the width', () => {
  expect(() => specOf({ ...casesOf('gpt2')[0]!.config, n_head: 5 })).toThrow(/n_head is 5/);
});
