/** @file Rows for a job that keeps nothing: the first of them, cut, and no cache beside the file. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { readRows } from '../../../runtime/pipelines/readRows.ts';
import { randomBase } from '../../support/randomModel.ts';
import { tokenisedRows } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const file = tokenisedRows(join(temporaryFolder(), 'rows.jsonl'), 5);

it('gives the first rows, cut where asked, and leaves the folder as it was', async () => {
  const base = randomBase();
  const all = await readRows(base, undefined, { file, length: 1000, trainOn: 'all' });
  expect(all.rows).toHaveLength(5);
  expect(all.longest).toBe(Math.max(...all.rows.map(({ ids }) => ids.length)));
  const two = await readRows(base, undefined, { file, length: 20, most: 2, trainOn: 'all' });
  expect(two.rows.map(({ ids }) => ids)).toEqual(all.rows.slice(0, 2).map(({ ids }) => ids.slice(0, 20)));
  expect(readdirSync(dirname(file))).toEqual(['rows.jsonl']);
});
