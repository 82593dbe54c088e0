/** @file Rope kinds at their edges; their numbers are held to transformers in families/*.test.ts. */
import { describe, expect, test } from 'vitest';
import { ConfigReader } from '../../../runtime/model/configReader.ts';
import { plainFrequencies, ropeFrom, ropeKinds } from '../../../runtime/model/rope.ts';
import type { ScaledRope } from '../../../runtime/model/rope.ts';
import { familyCases } from '../../support/familyCases.ts';

const context = { rotated: 16, maxPositions: 256 };
const from = (values: Record<string, unknown>): ScaledRope =>
  ropeFrom(new ConfigReader(values, 'config.json', 'rope_parameters.'), 10_000, context);
const frequencies = (values: Record<string, unknown>): number[] => [...from(values).rope.inverseFrequencies];

test('plain frequencies fall from 1 by equal ratios, in float32', () => {
  const plain = plainFrequencies(10_000, 16);
  expect(plain).toHaveLength(8);
  for (const [i, frequency] of plain.entries()) {
    expect(frequency).toBe(Math.fround(frequency));
    expect(frequency / 10_000 ** (-i / 8)).toBeCloseTo(1, 6);
  }
});

test('every kind has a case that transformers computed', () => {
  const text = JSON.stringify(familyCases.map(({ config }) => config));
  for (const kind of ropeKinds.filter((name) => name !== 'default')) expect(text).toContain(`"${kind}"`);
});

describe('scaling by 1 changes nothing', () => {
  const plain = frequencies({});
  test.each<[string, Record<string, unknown>]>([
    ['default', { rope_type: 'default' }],
    ['dynamic', { type: 'dynamic', factor: 4 }],
    ['linear', { type: 'linear', factor: 1 }],
    ['yarn', { type: 'yarn', factor: 1 }],
    ['longrope', { type: 'longrope', short_factor: Array<number>(8).fill(1) }],
    ['su', { type: 'su', short_factor: Array<number>(8).fill(1) }],
    ['llama3', { type: 'llama3', factor: 1, low_freq_factor: 1, high_freq_factor: 4 }],
  ])('%s', (_, values) => {
    for (const [i, frequency] of frequencies(values).entries())
      expect(frequency / plain[i]!).toBeCloseTo(1, 6);
    expect(from(values).rope.attentionFactor).toBe(1);
    expect(from(values).maxPositions).toBe(256);
  });
});

test('the new spelling of the kind wins over the old', () => {
  expect(frequencies({ rope_type: 'default', type: 'linear', factor: 4 })).toEqual(frequencies({}));
});

describe('a rope that makes no sense is refused', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['an unknown kind', { rope_type: 'mrope' }, /rope_parameters.rope_type is "mrope".*/],
    ['a kind that is no text', { type: 3 }, /rope_parameters.type is 3; a text/],
    ['no factor', { type: 'linear' }, /factor is missing/],
    ['a negative factor', { type: 'linear', factor: -2 }, /factor is -2/],
    [
      'llama3 factors in the wrong order',
      { type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 1 },
      /high_freq_factor is 1; above low_freq_factor/,
    ],
    ['a base of 1 under yarn', { type: 'yarn', factor: 2, rope_theta: 1 }, /no finite frequencies/],
    [
      'an original length of 1 under longrope',
      { type: 'longrope', short_factor: Array<number>(8).fill(1), original_max_position_embeddings: 1 },
      /no finite frequencies/,
    ],
    ['too few factors', { type: 'longrope', short_factor: [1, 2] }, /a list of 8 numbers/],
  ])('%s', (_, values, message) => {
    expect(() => from(values)).toThrow(message);
  });
});
