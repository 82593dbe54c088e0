/** @file Sizes from lengths: those that the batch itself has. */
import { expect, test } from 'vitest';
import type { TokenRow } from '../../../runtime/train/batch.ts';
import { documentBatch } from '../../../runtime/train/documentBatch.ts';
import { documentSizes } from '../../../runtime/train/documentSizes.ts';
import { casesOf, specOf } from '../../support/familyCases.ts';

const row = (source: number, target: number): TokenRow => {
  const second = new Uint8Array(source + target).fill(1, source);
  return { ids: new Uint32Array(source + target), mask: second, second, label: 0 };
};

test.each([
  [
    'bert',
    'classification',
    [
      [5, 0],
      [17, 0],
    ],
  ],
  [
    't5',
    'seq2seq',
    [
      [5, 9],
      [17, 3],
      [1, 1],
    ],
  ],
] as const)('%s', (family, task, lengths) => {
  const { sizes } = documentBatch(
    lengths.map(([source, target]) => row(source, target)),
    specOf(casesOf(family)[0]!.config),
    task,
  );
  expect(
    documentSizes(
      task,
      lengths.map(([source, target]) => ({ source, target })),
    ),
  ).toEqual(sizes);
});
