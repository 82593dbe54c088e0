/** @file Rows by number are the rows that the container gives one after the other, before and after the index. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ByteFile } from '../../../runtime/formats/byteFile.ts';
import { openContainer } from '../../../runtime/data/containers/open.ts';
import { openRowFile } from '../../../runtime/data/rowFile.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const parquet = join(import.meta.dirname, '../../fixtures/data/parquet');

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** All rows with their lines, as training reads them. */
async function expected(path: string): Promise<[number, unknown][]> {
  const file = new ByteFile(path);
  const rows: [number, unknown][] = [];
  for await (const batch of (await openContainer(file)).rows())
    for (const { line, value } of batch) rows.push([line, value]);
  file.close();
  return rows;
}

const lines = Array.from({ length: 900 }, (_, i) =>
  JSON.stringify({ text: `row ${i} ä`.repeat(1 + (i % 40)) }),
);

test.each([
  ['rows.jsonl', `\uFEFF${lines.slice(0, 300).join('\n')}\n\n${lines.slice(300).join('\r\n')}`],
  [
    'rows.json',
    JSON.stringify(
      lines.map((line) => JSON.parse(line) as unknown),
      null,
      1,
    ),
  ],
  ['rows.csv', `prompt,completion\n${'"a ""b""\nc",d\n\ne,f\n'.repeat(300)}`],
  ['rows.tsv', `prompt\tcompletion\n${'a "b\tc\n'.repeat(600)}`],
])('%s', async (name, text) => {
  const path = write(name, text);
  const all = await expected(path);
  const file = await openRowFile(path);
  const read = async (first: number, count: number): Promise<[number, unknown][]> =>
    (await file.rows(first, count)).map((row) => [row.line, JSON.parse(row.text) as unknown]);
  expect(file.complete).toBe(false);
  expect(await read(1, 3)).toEqual(all.slice(0, 3));
  expect(await read(500, 3)).toEqual([]);
  await file.index();
  expect([file.known, file.complete]).toEqual([all.length, true]);
  for (const first of [1, 2, 299, 301, all.length - 1])
    expect(await read(first, 4)).toEqual(all.slice(first - 1, first + 3));
  expect(await read(all.length + 1, 3)).toEqual([]);
  const [line, value] = all[450]!;
  const found = await file.atLine(line);
  expect([found?.row, JSON.parse(found!.text)]).toEqual([451, value]);
  const streamed: number[] = [];
  for await (const batch of file.stream(400)) streamed.push(...batch.map(({ row }) => row));
  expect(streamed).toEqual(Array.from({ length: all.length - 399 }, (_, i) => 400 + i));
  const again = await openRowFile(path, file.record());
  expect([again.known, again.complete]).toEqual([all.length, true]);
  again.close();
  file.close();
});

test('Parquet, whose description is its index', async () => {
  const { readdirSync } = await import('node:fs');
  const name = readdirSync(parquet).find((entry) => entry.endsWith('.parquet'))!;
  const path = join(parquet, name);
  const all = await expected(path);
  const file = await openRowFile(path);
  expect([file.unit, file.known, file.complete]).toEqual(['row', all.length, true]);
  const read = (await file.rows(2, 2)).map((row) => [row.line, JSON.parse(row.text) as unknown]);
  expect(read).toEqual(JSON.parse(JSON.stringify(all.slice(1, 3))));
  expect((await file.atLine(1))?.row).toBe(1);
  file.close();
});

test('an index can be left', async () => {
  const file = await openRowFile(write('large.jsonl', '{"text": "a"}\n'.repeat(400_000)));
  const abort = new AbortController();
  abort.abort();
  const left = file.index({ signal: abort.signal }).then(
    () => file.complete,
    () => false,
  );
  expect(typeof (await left)).toBe('boolean');
  await file.index();
  expect(file.known).toBe(400_000);
  file.close();
});
