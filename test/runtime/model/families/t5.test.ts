/** @file T5: two rows of blocks, distances in the place of positions. */
import { describe, expect, test } from 'vitest';
import { t5 } from '../../../../runtime/model/families/t5.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(t5);

const [plain, , gated] = casesOf('t5');

test('encoder blocks come first, the last of them with the norm of its result', () => {
  const { layers, names } = specOf({ ...plain!.config, num_decoder_layers: 1 });
  expect(layers.map(({ stream }) => stream)).toEqual(['source', 'source', 'target']);
  expect(names.blocks.map(({ outputNorm }) => outputNorm)).toEqual([
    undefined,
    'encoder.final_layer_norm',
    undefined,
  ]);
  expect(names.blocks.map(({ cross }) => cross !== undefined)).toEqual([false, false, true]);
});

test('a head of its own (1.1) has no scale, whichever key says so', () => {
  expect(specOf(plain!.config).logitScale).toBeCloseTo(32 ** -0.5, 12);
  expect(specOf(gated!.config)).toMatchObject({ logitScale: 1, mlp: 'gated', activation: 'gelu-tanh' });
  expect(specOf({ ...plain!.config, scale_decoder_outputs: false }).logitScale).toBe(1);
});

describe('refuses', () => {
  test.each([
    [{ feed_forward_proj: 'gated-swizzle' }, 'feed_forward_proj is "swizzle"'],
    [{ relative_attention_num_buckets: 3 }, 'relative_attention_num_buckets is 3'],
    [{ relative_attention_max_distance: 16 }, 'relative_attention_max_distance is 16'],
    [{ decoder_start_token_id: 48 }, 'decoder_start_token_id is 48'],
  ])('%j', (changes, said) => {
    expect(() => specOf({ ...plain!.config, ...changes })).toThrow(said);
  });
});
