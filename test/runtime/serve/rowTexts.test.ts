/** @file Rows of a data file by their number: where they stand, and how they end. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rowTexts, trainingFile } from '../../../runtime/serve/rowTexts.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();

test('blank lines are no rows; a long row shows its end; what is not there is left out', async () => {
  const path = join(root, 'rows.jsonl');
  writeFileSync(path, `{"text":"a"}\n\n{"text":"b"}\n{"text":"${'c'.repeat(500)}"}\n`);
  const found = await rowTexts(path, [2, 1, 7]);
  expect(found.get(1)).toEqual({ line: 3, text: '{"text":"b"}' });
  expect(found.get(2)!.line).toBe(4);
  expect(found.get(2)!.text).toMatch(/^…c{198}"}$/);
  expect([...found.keys()].sort()).toEqual([1, 2]);
  expect(trainingFile(path)).toBe(path);
});

test('no rows read nothing; a missing file is told', async () => {
  await expect(rowTexts(join(root, 'none.jsonl'), [0])).rejects.toMatchObject({ code: 'file-missing' });
});
