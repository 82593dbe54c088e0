/** @file What a configuration that makes no sense gets: the key and what was expected. */
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../runtime/contract/errors.ts';
import type { DecoderSpec } from '../../../../runtime/model/decoder.ts';
import { casesOf, specOf } from '../../../support/familyCases.ts';

const good = casesOf('llama')[0]!.config;
const change =
  (changes: Record<string, unknown>): (() => DecoderSpec) =>
  () =>
    specOf({ ...good, ...changes });
const qwen = { model_type: 'qwen2', num_key_value_heads: 2 };

describe('a wrong value is refused with its key', () => {
  const list: [string, Record<string, unknown>, RegExp][] = [
    ['an unknown type', { model_type: 'mamba' }, /"mamba" is not supported/],
    ['a type that is no text', { model_type: ['llama'] }, /model_type is a list; a text/],
    ['a missing size', { hidden_size: undefined }, /hidden_size is missing/],
    ['a size of null', { vocab_size: null }, /vocab_size is missing/],
    ['a negative size', { intermediate_size: -4 }, /intermediate_size is -4/],
    ['a fraction', { num_hidden_layers: 2.5 }, /num_hidden_layers is 2.5; a whole number from 1 to 4096/],
    ['too many layers', { num_hidden_layers: 5000 }, /num_hidden_layers is 5000/],
    ['a text for a number', { vocab_size: '48' }, /vocab_size is "48"/],
    ['an absurd vocabulary', { vocab_size: 2 ** 40 }, /vocab_size is/],
    ['heads that do not divide', { num_attention_heads: 5 }, /does not divide the hidden size 32/],
    ['key heads that do not divide', { num_key_value_heads: 3 }, /does not divide the 4 attention heads/],
    ['an odd head', { head_dim: 7 }, /leaves 7 of 7 dimensions/],
    ['an unknown activation', { hidden_act: 'relu2' }, /hidden_act is "relu2"/],
    ['an activation from the prototype', { hidden_act: 'constructor' }, /hidden_act is "constructor"/],
    ['an epsilon of zero', { rms_norm_eps: 0 }, /rms_norm_eps is 0; a number above 0/],
    ['a flag that is a text', { tie_word_embeddings: 'yes' }, /tie_word_embeddings is "yes"/],
    ['an unknown rope', { rope_scaling: { rope_type: 'mrope' } }, /rope_scaling.rope_type is "mrope"/],
    ['a rope that is a list', { rope_scaling: [] }, /rope_scaling is a list/],
    ['a rope without its factor', { rope_scaling: { type: 'linear' } }, /rope_scaling.factor is missing/],
    ['a rope by layer', { rope_parameters: { full_attention: {} } }, /rope_parameters differs by layer/],
    ['a negative base', { rope_theta: -1 }, /rope_theta is -1/],
    ['partial rotation', { partial_rotary_factor: 0.5 }, /llama rotates whole heads/],
    ['quantised weights', { quantization_config: { bits: 4 } }, /quantised/],
    [
      'layer types of the wrong length',
      { ...qwen, layer_types: ['full_attention'] },
      /layer_types is a list/,
    ],
    [
      'a window asked for and not given',
      { ...qwen, layer_types: Array<string>(4).fill('sliding_attention') },
      /sliding_window is missing/,
    ],
    ['bidirectional attention', { model_type: 'gemma2', use_bidirectional_attention: true }, /only causal/],
  ];
  test.each(list)('%s', (_, changes, message) => {
    expect(change(changes)).toThrow(UserError);
    expect(change(changes)).toThrow(message);
  });
});

test('an unknown type lists the supported ones', () => {
  expect(() => specOf({ model_type: 'roberta' })).toThrow(
    expect.objectContaining({
      code: 'architecture-unsupported',
      hint: expect.stringMatching(/llama, mistral, .*gpt2/) as string,
    }) as Error,
  );
});
