/** @file Records are the same wherever a file is cut into chunks, and those that the readers of whole files find. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CsvSplitter, ElementSplitter, LineSplitter } from '../../../runtime/data/recordSplitters.ts';
import type { Splitter } from '../../../runtime/data/recordSplitters.ts';

/** Records of a text with their lines, read in chunks of `chunk` bytes. */
function split(splitter: Splitter, text: string, chunk: number): [string, number][] {
  const bytes = Buffer.from(text);
  const records: [string, number][] = [];
  const found = (start: number, end: number, line: number): void => {
    records.push([bytes.subarray(start, end).toString(), line]);
  };
  for (let at = 0; at < bytes.length; at += chunk) splitter.scan(bytes.subarray(at, at + chunk), at, found);
  splitter.finish(bytes.length, found);
  return records;
}

const start = { offset: 0, line: 1 };
const chunks = fc.integer({ min: 1, max: 9 });

test('lines, blank ones left out', () => {
  const lines = fc.array(fc.constantFrom('', ' ', 'a', 'bcd', '{"a": 1}', '\r'));
  fc.assert(
    fc.property(lines, fc.boolean(), chunks, (all, ended, chunk) => {
      const expected = all.flatMap((line, i) => (line.trim() === '' ? [] : [[line, i + 1]]));
      const text = all.join('\n') + (ended ? '\n' : '');
      expect(split(new LineSplitter(start), text, chunk)).toEqual(expected);
    }),
  );
});

test('CSV records with line breaks in quotes', () => {
  const records = ['a,b', '"x\ny","say ""hi"""', 'c,"\n\n"', 'd,e'];
  for (let chunk = 1; chunk < 9; chunk++)
    expect(split(new CsvSplitter(start, true), `${records.join('\n')}\n\n`, chunk)).toEqual([
      ['a,b', 1],
      ['"x\ny","say ""hi"""', 2],
      ['c,"\n\n"', 4],
      ['d,e', 7],
    ]);
  expect(split(new CsvSplitter(start, false), 'a\t"b\nc\td', 3)).toEqual([
    ['a\t"b', 1],
    ['c\td', 2],
  ]);
});

test('elements of a list, whatever their strings hold', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), chunks, (list, chunk) => {
      const text = JSON.stringify(list, null, 1);
      const found = split(new ElementSplitter(start), text, chunk);
      expect(found.map(([element]) => JSON.parse(element) as unknown)).toEqual(JSON.parse(text));
    }),
  );
});
