/** @file JSONL: chunk borders, line numbers, encodings, broken lines. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chunkSize } from '../../../../runtime/data/containers/container.ts';
import { failure, folder, read, rowsOf } from './rowsOf.ts';

describe('JSONL', () => {
  test('blank lines count and are skipped, the last line may be open', async () => {
    expect(await read('a.jsonl', '{"a":1}\n\n  \n{"a":"é"}')).toEqual({
      values: [{ a: 1 }, { a: 'é' }],
      lines: [1, 4],
      notes: [],
    });
  });

  test('a byte order mark and carriage returns are noted', async () => {
    expect(await read('b.jsonl', '\uFEFF{"a":1}\r\n{"a":2}\r\n')).toEqual({
      values: [{ a: 1 }, { a: 2 }],
      lines: [1, 2],
      notes: ['byte-order-mark:1', 'carriage-returns:1'],
    });
  });

  test('lines across the borders of chunks', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ i, text: 'é'.repeat(i * 37) }));
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    expect(Buffer.byteLength(text)).toBeGreaterThan(3 * chunkSize);
    const { values, lines } = await read('c.jsonl', text);
    expect(values).toEqual(rows);
    expect(lines.at(-1)).toBe(300);
  });

  test('a broken line does not hide the ones after it', async () => {
    const path = join(folder, 'g.jsonl');
    writeFileSync(path, '{"a"\n{"a":2}\n');
    const { rows } = await rowsOf(path);
    expect(rows.map(({ value, error }) => [value, error?.code])).toEqual([
      [undefined, 'row-not-json'],
      [{ a: 2 }, undefined],
    ]);
  });

  test('what is wrong, with the line', async () => {
    expect(await failure('d.jsonl', '{"a":1}\n{"a":\n')).toMatchObject({
      code: 'row-not-json',
      place: { file: join(folder, 'd.jsonl'), line: 2 },
    });
    expect(await failure('e.jsonl', Buffer.from([0x7b, 0x7d, 0x0a, 0xff, 0x0a]))).toMatchObject({
      code: 'invalid-utf8',
      place: { line: 2 },
    });
    expect(await failure('f.jsonl', '')).toMatchObject({ code: 'data-empty' });
  });
});
