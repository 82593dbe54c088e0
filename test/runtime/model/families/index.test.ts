/** @file The table of families: complete, and each one with reference numbers. */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { families } from '../../../../runtime/model/families/index.ts';
import { familyCases } from '../../../support/familyCases.ts';
import { shared } from '../../../support/shared.ts';

test('each family file stands in the table', () => {
  const files = readdirSync(resolve(import.meta.dirname, '../../../../runtime/model/families'))
    .filter((name) => !['index.ts', 'family.ts'].includes(name))
    .map((name) => name.replace('.ts', ''));
  expect(files.sort()).toEqual(families.map(({ modelType }) => modelType.replace('_text', '')).sort());
});

test('each family has cases that transformers wrote, and each case a family', () => {
  const types = new Set(familyCases.map(({ config }) => config['model_type']));
  expect([...types].sort()).toEqual(families.map(({ modelType }) => modelType).sort());
});

test('each family names references, each reference belongs to a family', () => {
  for (const { references } of families) expect(references.length).toBeGreaterThan(0);
  const lm = shared('fixtures/lm');
  if (lm === undefined) {
    console.log('left out: list of reference folders (no shared fixtures beside the repository)');
    return;
  }
  const listed = families.flatMap(({ references }) => references);
  expect([...listed].sort()).toEqual(readdirSync(lm).sort());
});
