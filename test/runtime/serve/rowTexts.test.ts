/** @file Rows of a data file by their number: where they stand, and how they end. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDataset } from '../../../runtime/data/dataset.ts';
import { rowTexts, trainingFile } from '../../../runtime/serve/rowTexts.ts';
import { chat, chatml, options, plain, turn, write } from '../data/dataFiles.ts';
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

describe("a data set's rows are found again by their numbers", () => {
  test.each([
    ['jsonl', '{"text":"a"}\n\n{"text":"b"}\n{"text":"c"}\n{"text":"d"}\n'],
    ['csv', 'text\na\nb\n"c\nc"\nd\n'],
    ['json', '[{"text":"a"},\n{"text":"b"}, \n\n{"text":"c"},\n{"text":"d"}]'],
  ])('in %s, behind one that is excluded', async (extension, text) => {
    const file = write(text, extension);
    const all = await openDataset(options(file, plain));
    const [first, second] = [all.line(0), all.line(1)];
    const dataset = await openDataset(options(file, plain, { exclude: [first] }));
    expect([all.rows, dataset.rows]).toEqual([4, 3]);
    expect(dataset.line(0)).toBe(second);
    for (let row = 0; row < dataset.rows; row++) {
      const source = dataset.source(row);
      expect(source).toBe(row + 1);
      const found = (await rowTexts(file, [source])).get(source);
      expect(found?.line).toBe(dataset.line(row));
    }
    all.close();
    dataset.close();
  });

  test('behind one that teaches nothing', async () => {
    const file = write([
      chat('Hi', 'Hello'),
      { messages: [turn('user', 'only asks')] },
      chat('Bye', 'See you'),
    ]);
    const dataset = await openDataset(options(file, chatml));
    expect(dataset.rows).toBe(2);
    expect([dataset.source(1), dataset.line(1)]).toEqual([2, 3]);
    expect((await rowTexts(file, [2])).get(2)?.text).toContain('See you');
    dataset.close();
  });
});
