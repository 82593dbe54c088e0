/** @file Mistral: the window, given, default and off. */
import { expect, test } from 'vitest';
import { mistral } from '../../../../runtime/model/families/mistral.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(mistral);

test('the window is 4096 where the configuration is silent, and off where it says null', () => {
  const windows = casesOf('mistral').map(({ config }) => specOf(config).layers[0]!.window);
  expect(windows).toEqual([4096, undefined, 100]);
});
