/** @file Files that only grow: whole lines, nothing glued to half a line. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AppendFile } from '../../../runtime/formats/appendFile.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();

describe('files of lines', () => {
  const path = join(folder, 'lines');
  const reopened = (text: string): string => {
    writeFileSync(path, text);
    const file = AppendFile.openLines(path);
    file.append('x\n');
    file.sync();
    file.close();
    file.close();
    return readFileSync(path, 'utf8');
  };

  test.each([
    ['', 'x\n'],
    ['half', 'x\n'],
    ['a\nb', 'a\nx\n'],
    ['a\n', 'a\nx\n'],
    ['\n', '\nx\n'],
  ])('%j becomes %j', (before, after) => {
    expect(reopened(before)).toBe(after);
  });

  test('a half line longer than one reading piece is cut too', () => {
    const line = `${'y'.repeat(70_000)}\n`;
    expect(reopened(`${line}${'z'.repeat(140_000)}`)).toBe(`${line}x\n`);
    expect(reopened('z'.repeat(140_000))).toBe('x\n');
  });

  test('other writers keep what they wrote; a folder in the way is named', () => {
    const file = AppendFile.open(path);
    appendFileSync(path, 'other\n');
    file.append(new TextEncoder().encode('mine\n'));
    file.close();
    expect(readFileSync(path, 'utf8').endsWith('other\nmine\n')).toBe(true);
    expect(() => AppendFile.open(folder)).toThrow(/a folder has this name/);
  });
});
