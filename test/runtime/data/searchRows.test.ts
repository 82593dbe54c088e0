/** @file Rows are found by their text, whatever its case. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRowFile } from '../../../runtime/data/rowFile.ts';
import { searchRows } from '../../../runtime/data/searchRows.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const path = join(temporaryFolder(), 'rows.jsonl');
const texts = ['Hello', 'say "hello"', 'Ärger', 'nothing', 'line\nbreak'];
writeFileSync(path, texts.map((text) => JSON.stringify({ text })).join('\n'));

async function search(text: string, most = 10): Promise<{ rows: number[]; more: boolean }> {
  const file = await openRowFile(path);
  const rows: number[] = [];
  const { more } = await searchRows(file, {
    text,
    most,
    found: (found) => rows.push(...found),
    signal: new AbortController().signal,
  });
  file.close();
  return { rows, more };
}

test.each([
  ['hello', [1, 2]],
  ['"HELLO"', [2]],
  ['ärger', [3]],
  ['line\nbreak', [5]],
  ['absent', []],
])('%j', async (text, rows) => {
  expect((await search(text)).rows).toEqual(rows);
});

test('ends at the most that are listed, and says so', async () => {
  expect(await search('hello', 1)).toEqual({ rows: [1], more: true });
});

test('can be left', async () => {
  const file = await openRowFile(path);
  const signal = AbortSignal.abort(new Error('left'));
  await expect(searchRows(file, { text: 'a', most: 9, found: () => undefined, signal })).rejects.toThrow(
    'left',
  );
  file.close();
});
