/** @file JSON files beside a base. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readJsonObject } from '../../../runtime/formats/jsonFile.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const path = join(temporaryFolder(), 'config.json');
const read = (bytes: string | Uint8Array) => (): unknown => {
  writeFileSync(path, bytes);
  return readJsonObject(path);
};

test('an object is read, behind a byte-order mark too', () => {
  expect(read('{"a": [1, "é"]}')()).toEqual({ a: [1, 'é'] });
  expect(read('\ufeff{"a": 1}')()).toEqual({ a: 1 });
});

test.each([
  ['half of one', '{"a": 1', /is not JSON/],
  ['a list', '[1]', /is not a JSON object/],
  ['null', 'null', /is not a JSON object/],
  ['nothing', '', /is not JSON/],
  ['no UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), /is not UTF-8 text/],
])('%s is refused with the file', (_, content, message) => {
  expect(read(content)).toThrow(message);
  expect(read(content)).toThrow(
    expect.objectContaining({ code: 'not-json', place: { file: path } }) as Error,
  );
});

test('an enormous file is refused before it is read', () => {
  writeFileSync(path, '{}');
  truncateSync(path, 2 ** 28);
  expect(() => readJsonObject(path)).toThrow(expect.objectContaining({ code: 'file-too-large' }) as Error);
});
