/** @file Ranges of a file, and writing that never leaves half a file. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ByteFile, writeAtomically } from '../../../runtime/formats/byteFile.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const path = join(folder, 'ten');
writeFileSync(path, Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));

describe('reading', () => {
  test('a range fills the given buffer', () => {
    const file = new ByteFile(path);
    expect(file.size).toBe(10);
    const into = new Uint8Array(3);
    expect(file.read(into, 4)).toBe(into);
    expect([...into]).toEqual([4, 5, 6]);
    file.close();
    file.close();
    expect(() => file.read(into, 0)).toThrow(/was closed/);
  });

  test('beyond the end is named with the byte', () => {
    const file = new ByteFile(path);
    expect(() => file.read(new Uint8Array(4), 8)).toThrow(
      expect.objectContaining({
        code: 'file-truncated',
        message: 'ends where 2 more bytes should follow.',
        place: { file: path, byte: 10 },
      }) as Error,
    );
    file.close();
  });

  test('what is no regular file is not opened: a named pipe would wait for ever', () => {
    expect(() => new ByteFile(folder)).toThrow(expect.objectContaining({ code: 'not-a-file' }) as Error);
    expect(() => new ByteFile(join(folder, 'none'))).toThrow(
      expect.objectContaining({ code: 'file-missing' }) as Error,
    );
    expect(() => new ByteFile(join(path, 'below'))).toThrow(
      expect.objectContaining({ code: 'file-missing' }) as Error,
    );
    if (process.platform === 'win32') return;
    expect(() => new ByteFile('/dev/null')).toThrow(expect.objectContaining({ code: 'not-a-file' }) as Error);
  });
});

describe('writing', () => {
  const target = join(folder, 'target');
  const temporary = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.tmp'));

  test('replaces the file as a whole, in pieces', () => {
    for (const text of ['first', 'second, longer']) {
      writeAtomically(target, (append) => {
        for (const letter of text) append(Buffer.from(letter));
      });
      expect(readFileSync(target, 'utf8')).toBe(text);
    }
    expect(temporary()).toEqual([]);
  });

  test('keeps the old file when the writer fails half-way', () => {
    expect(() => {
      writeAtomically(target, (append) => {
        append(Buffer.from('half'));
        expect(temporary()).toHaveLength(1);
        throw new Error('stopped');
      });
    }).toThrow('stopped');
    expect(readFileSync(target, 'utf8')).toBe('second, longer');
    expect(temporary()).toEqual([]);
  });

  test('says what is in the way', () => {
    const write = (to: string) => () => {
      writeAtomically(to, (append) => {
        append(Buffer.of(1));
      });
    };
    expect(write(join(folder, 'none', 'a'))).toThrow(
      "cannot be written: its folder does not exist or can't be made.",
    );
    expect(write(join(target, 'a'))).toThrow('cannot be written: a part of its path is a file.');
    mkdirSync(join(folder, 'taken', 'inside'), { recursive: true });
    expect(write(join(folder, 'taken'))).toThrow('cannot be written: a folder has this name.');
    expect(existsSync(join(folder, 'none'))).toBe(false);
    expect(temporary()).toEqual([]);
  });

  test('a full disk is an expected error, and the old file stays', () => {
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    expect(() => {
      writeAtomically(target, () => {
        throw full;
      });
    }).toThrow(expect.objectContaining({ code: 'disk-full', place: { file: target } }) as Error);
    expect(readFileSync(target, 'utf8')).toBe('second, longer');
  });
});
