/** @file Granite: four multipliers. */
import { expect, test } from 'vitest';
import { granite } from '../../../../runtime/model/families/granite.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(granite);

test('multipliers are 1 unless given; logits are divided', () => {
  const [plain, scaled] = casesOf('granite').map(({ config }) => specOf(config));
  expect([plain!.residualScale, plain!.logitScale, plain!.attentionScale]).toEqual([1, 1, 1]);
  expect([scaled!.residualScale, scaled!.logitScale, scaled!.embeddingScale]).toEqual([0.22, 1 / 8, 12]);
});
