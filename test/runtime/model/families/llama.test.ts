/** @file Llama, with every kind of rope scaling. */
import { expect, test } from 'vitest';
import { llama } from '../../../../runtime/model/families/llama.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(llama);

test('every kind of rope is among the cases', () => {
  const text = JSON.stringify(casesOf('llama'));
  for (const kind of ['linear', 'dynamic', 'llama3', 'yarn']) expect(text).toContain(`"${kind}"`);
});

test('biases are where the configuration switches them on', () => {
  const biased = casesOf('llama').find(({ config }) => config['mlp_bias'] === true)!;
  const { q, o, down } = specOf(biased.config).names.blocks[0]!;
  expect([q?.bias, o.bias, down.bias]).toEqual([true, true, true]);
});
