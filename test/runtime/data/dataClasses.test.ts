/** @file The labels of a file. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collectClasses } from '../../../runtime/data/dataClasses.ts';
import { writeRows } from '../../support/finetuneRun.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const file = (rows: readonly unknown[]): string => writeRows(join(scratch, 'rows.jsonl'), rows);

test('are those of all rows but the excluded ones, in whatever columns', async () => {
  const rows = ['b', 'a', 'x', 'b'].map((tag) => ({ sentence: 'the cat', tag }));
  const columns = { text: 'sentence', label: 'tag' };
  const found = await collectClasses({ train: file(rows), columns, exclude: [3] });
  expect(found.names).toEqual(['a', 'b']);
});

test('may be the numbers of tokenised rows', async () => {
  const found = await collectClasses({ train: file([{ input_ids: [1, 2], label: 4 }]) });
  expect([found.names, found.largest]).toEqual([undefined, 4]);
});

test('that are no labels are told with their line', async () => {
  const rows = [
    { text: 'the cat', label: 'a' },
    { text: 'the cat', label: [1] },
  ];
  await expect(collectClasses({ train: file(rows) })).rejects.toMatchObject({
    code: 'row-malformed',
    place: { line: 2 },
  });
});

test('that are texts, one a row, are no classes', async () => {
  const rows = Array.from({ length: 10_001 }, (_, i) => ({ text: 'a', label: `text ${i}` }));
  await expect(collectClasses({ train: file(rows) })).rejects.toMatchObject({ code: 'labels-many' });
});
