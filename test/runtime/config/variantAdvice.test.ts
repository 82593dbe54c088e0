/** @file Variants that are equal to the file or to each other, and those that are not. */
import { expect, test } from 'vitest';
import { checkConfig } from '../../../runtime/config/check.ts';
import { variantFindings } from '../../../runtime/config/variantAdvice.ts';
import { configFolder } from '../../support/configFolder.ts';

const { minimal, file } = configFolder();

test('each is compared with those before it, as it is resolved', () => {
  const text = `{ ${minimal}, "method": { "rank": 8 }, "variants": {
    "a": { "method": { "rank": 8 } }, "b": { "method": { "rank": 4 } }, "c": { "method": { "rank": 4, "dropout": 0 } },
    "d": { "method": { "rank": 4, "dropout": 0.1 } }, "wrong": { "method": { "rank": "4" } } } }`;
  const first = checkConfig(text, file);
  const views = [
    first,
    ...first.variants.map((variant) => ({ ...checkConfig(text, file, { variant }), variant })),
  ];
  const found = variantFindings(views).map(({ code, at }) => {
    if ('set' in at) throw new Error('no place');
    return `${code} ${text.slice(at.offset, at.offset + at.length)}`;
  });
  expect(found).toEqual(['variant-unchanged "a"', 'variant-equal "c"']);
});
