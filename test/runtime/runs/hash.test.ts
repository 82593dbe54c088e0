/** @file SHA-256 of files, alone and together. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashFile, hashFiles } from '../../../runtime/runs/hash.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();

test('one file by its own, several by the list that sha256sum prints', async () => {
  const paths = ['b', 'a'].map((name) => join(root, name));
  for (const path of paths) writeFileSync(path, path.endsWith('a') ? 'abc' : '');
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  expect(await hashFile(join(root, 'a'))).toBe(abc);
  expect(await hashFiles([join(root, 'a')])).toBe(abc);
  const list = `${abc}  a\n${empty}  b\n`;
  expect(await hashFiles(paths)).toBe(createHash('sha256').update(list).digest('hex'));
  await expect(hashFile(join(root, 'none'))).rejects.toThrow(/ENOENT/);
});
