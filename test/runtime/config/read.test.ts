/** @file Reading a config's text: limits before the read. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfigText } from '../../../runtime/config/read.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const written = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

test('text is read without its byte order mark, what is no config is refused by name', () => {
  expect(readConfigText(written('a', '\uFEFF{ "é": 1 }'))).toBe('{ "é": 1 }');
  expect(() => readConfigText(written('b', new Uint8Array([0x7b, 0xff])))).toThrow(/not valid UTF-8/);
  expect(() => readConfigText(written('c', new Uint8Array(3 * 1024 * 1024 + 1)))).toThrow(/at most 1048576/);
  expect(() => readConfigText(join(folder, 'none'))).toThrow(/does not exist/);
  expect(() => readConfigText(folder)).toThrow(/not a regular file/);
});
