/** @file Which classes a run learns. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withDataClasses } from '../../../runtime/config/classes.ts';
import { openBase } from '../../../runtime/model/base.ts';
import { writeRows } from '../../support/finetuneRun.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { writeBareBert, writeBertBase, writeT5Base } from '../../support/textBases.ts';

const scratch = temporaryFolder();
const plain = openBase(writeBertBase(join(scratch, 'plain')));
const named = openBase(writeBertBase(join(scratch, 'named'), { id2label: { 0: 'no', 1: 'yes' } }));
const bare = openBase(writeBareBert(join(scratch, 'bare')));

let files = 0;
const dataOf = (...labels: (string | number)[]) => ({
  train: writeRows(
    join(scratch, `${files++}.jsonl`),
    labels.map((label) => ({ text: 'the cat', label })),
  ),
  validation: 0,
  length: 16,
  packing: true,
  shuffle: true,
  trainOn: 'assistant' as const,
});
const labelsFor = async (base: typeof plain, ...labels: (string | number)[]) =>
  (await withDataClasses(base, dataOf(...labels))).spec.labels;

describe('of the rows', () => {
  test('names, sorted, where the base has none', async () => {
    expect(await labelsFor(plain, 'yes', 'no', 'yes')).toEqual(['no', 'yes']);
    expect(await labelsFor(bare, 'c', 'a', 'b')).toEqual(['a', 'b', 'c']);
  });

  test('as many as the largest number says, for a new classifier; the own one’s otherwise', async () => {
    expect(await labelsFor(bare, 0, '3', 1)).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2', 'LABEL_3']);
    expect(await labelsFor(bare, 0, 0)).toEqual(['LABEL_0', 'LABEL_1']);
    expect(await labelsFor(plain, 0, '3', 1)).toEqual(['LABEL_0', 'LABEL_1']);
  });

  test('never where the base has names, or no classes', async () => {
    expect(await withDataClasses(named, dataOf('a', 'b', 'c'))).toBe(named);
    const t5 = openBase(writeT5Base(join(scratch, 't5')));
    expect(await withDataClasses(t5, dataOf('a'))).toBe(t5);
  });

  test('of another number than the classifier has are refused', async () => {
    await expect(labelsFor(plain, 'a', 'b', 'c')).rejects.toMatchObject({
      code: 'classes-differ',
      message: "names 3 classes, and the base's classifier has 2.",
    });
  });
});
