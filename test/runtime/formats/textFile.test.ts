/** @file Small text files that are replaced whole. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeText } from '../../../runtime/formats/textFile.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();

test('the new text takes the place of the old one, nothing lies beside it', () => {
  const path = join(folder, 'a');
  writeText(path, 'old');
  writeText(path, 'é\n');
  expect(readFileSync(path, 'utf8')).toBe('é\n');
  expect(readdirSync(folder)).toEqual(['a']);
  expect(() => {
    writeText(join(folder, 'none', 'a'), '');
  }).toThrow(/its folder does not exist/);
});
