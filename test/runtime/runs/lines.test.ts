/** @file Files of lines: whole lines over the borders of pieces, no unfinished one, none that is absurdly long. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLines } from '../../../runtime/runs/lines.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const path = join(temporaryFolder(), 'lines');
const read = (content: string | Uint8Array): string[] => {
  writeFileSync(path, content);
  return [...readLines(path)];
};

test.each([
  ['', []],
  ['a', []],
  ['a\n', ['a']],
  ['\n\nb\nc', ['', '', 'b']],
])('%j', (text, lines) => {
  expect(read(text)).toEqual(lines);
});

test('lines and characters that cross a piece stay whole', () => {
  const lines = [`${'x'.repeat((1 << 18) - 2)}é`, 'y'.repeat(600_000), '', 'end'];
  expect(read(lines.map((line) => `${line}\n`).join(''))).toEqual(lines);
});

test('a line beyond the limit costs only itself', () => {
  const huge = Buffer.alloc((1 << 24) + 5, 0x78);
  const lines = read(Buffer.concat([Buffer.from('a\n'), huge, Buffer.from('\nb\n')]));
  expect(lines.map((line) => line.slice(0, 10))).toEqual(['a', 'b']);
});

test('a file that is not there has no lines', () => {
  expect([...readLines(`${path}-none`)]).toEqual([]);
});
