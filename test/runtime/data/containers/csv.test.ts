/** @file CSV and TSV: quotes, line numbers, encodings, broken tables. */
import { describe, expect, test } from 'vitest';
import { failure, read } from './rowsOf.ts';

describe('CSV and TSV', () => {
  test('quotes, line breaks in fields, line numbers', async () => {
    expect(await read('a.csv', '\uFEFFprompt,completion\n"a, ""x""\nb",c\n\nd,é\n')).toEqual({
      values: [
        { prompt: 'a, "x"\nb', completion: 'c' },
        { prompt: 'd', completion: 'é' },
      ],
      lines: [2, 4],
      notes: ['byte-order-mark:1'],
    });
    expect((await read('a.tsv', 'prompt\tcompletion\n"a\tb\n')).values).toEqual([
      { prompt: '"a', completion: 'b' },
    ]);
  });

  test('many rows, characters across the borders of chunks', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => ({ text: `${'é'.repeat(i % 500)}${i}` }));
    const { values } = await read('b.csv', `text\n${rows.map(({ text }) => text).join('\n')}\n`);
    expect(values).toEqual(rows);
  });

  test('what is wrong, with the line', async () => {
    expect(await failure('c.csv', 'a,b\n1,2\n1,2,3\n')).toMatchObject({
      code: 'csv-damaged',
      place: { line: 3 },
    });
    expect(await failure('d.csv', 'a,a\n1,2\n')).toMatchObject({ code: 'csv-header', place: { line: 1 } });
    expect(await failure('e.csv', Buffer.from([0x61, 0x0a, 0xc3, 0x0a]))).toMatchObject({
      code: 'invalid-utf8',
    });
    expect(await failure('f.csv', 'a\n"open\n')).toMatchObject({ code: 'csv-damaged' });
  });
});
