/** @file Small text files: absent, large, not UTF-8, not JSON. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isObject, readJsonFile, readTextFile } from '../../../runtime/data/smallFile.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const path = join(folder, 'file');

test('text, JSON, nothing', () => {
  writeFileSync(path, '{"a":"é"}');
  expect(readTextFile(path)).toBe('{"a":"é"}');
  expect(readJsonFile(path)).toEqual({ a: 'é' });
  expect(readTextFile(folder)).toBeUndefined();
  expect(readJsonFile(join(folder, 'none'))).toBeUndefined();
});

test('what is refused', () => {
  const code = (read: () => unknown): unknown => {
    try {
      return read();
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  writeFileSync(path, Buffer.from([0xff]));
  expect(code(() => readTextFile(path))).toBe('invalid-utf8');
  writeFileSync(path, '{');
  expect(code(() => readJsonFile(path))).toBe('not-json');
  truncateSync(path, 129 * 1024 * 1024);
  expect(code(() => readTextFile(path))).toBe('file-too-large');
});

test('objects are no lists and not null', () => {
  expect([{}, [], null, 'x', 1].map(isObject)).toEqual([true, false, false, false, false]);
});
