/** @file Folders that appear whole or not at all. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  intendedName,
  removeFolder,
  temporaryFolders,
  writeFolder,
} from '../../../runtime/formats/atomicFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();

describe('folders', () => {
  test('a new one takes the place of the old one', async () => {
    const path = join(folder, 'one');
    const write = (text: string) =>
      writeFolder(path, (into) => {
        mkdirSync(join(into, 'deep'));
        writeFileSync(join(into, 'deep', 'file'), text);
        expect(intendedName(into.slice(folder.length + 1))).toBe('one');
      });
    await write('a');
    await write('b');
    expect(readFileSync(join(path, 'deep', 'file'), 'utf8')).toBe('b');
    expect(readdirSync(folder)).toEqual(['one']);
  });

  test('a failure leaves the old one and nothing beside it', async () => {
    const path = join(folder, 'one');
    const failing = writeFolder(path, (into) => {
      writeFileSync(join(into, 'half'), '');
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    });
    await expect(failing).rejects.toMatchObject({ code: 'disk-full' });
    expect(readdirSync(path)).toEqual(['deep']);
    expect(readdirSync(folder)).toEqual(['one']);
  });

  test('what a killed process left is found by the name it was to get', () => {
    mkdirSync(join(folder, 'checkpoint-3.0123abcd.tmp'));
    mkdirSync(join(folder, 'checkpoint-3.tmp'));
    expect(temporaryFolders(folder)).toEqual([
      { path: join(folder, 'checkpoint-3.0123abcd.tmp'), intended: 'checkpoint-3' },
    ]);
    removeFolder(join(folder, 'checkpoint-3.0123abcd.tmp'));
    removeFolder(join(folder, 'one'));
    expect(readdirSync(folder)).toEqual(['checkpoint-3.tmp']);
  });
});
