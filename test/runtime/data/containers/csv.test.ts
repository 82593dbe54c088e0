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
      lines: [2, 5],
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

  test('empty lines are lines', async () => {
    expect((await read('g.csv', '\na\n\n1\n\n\n2\n')).lines).toEqual([4, 7]);
  });

  test('the line of what is no UTF-8, far into the file', async () => {
    const good = Buffer.from(`a\n${'é'.repeat(300_000)}\n${'é'.repeat(300_001)}\n`);
    expect(await failure('h.csv', Buffer.concat([good, Buffer.from([0x62, 0xff, 0x0a])]))).toMatchObject({
      code: 'invalid-utf8',
      place: { line: 4 },
    });
  });

  test('what is wrong, with the line', async () => {
    expect(await failure('c.csv', 'a,b\n1,2\n1,2,3\n')).toMatchObject({
      code: 'csv-damaged',
      place: { line: 3 },
    });
    expect(await failure('d.csv', 'a,a\n1,2\n')).toMatchObject({ code: 'csv-header', place: { line: 1 } });
    expect(await failure('e.csv', Buffer.from([0x61, 0x0a, 0x62, 0x0a, 0xc3, 0x0a, 0x63]))).toMatchObject({
      code: 'invalid-utf8',
      place: { line: 3 },
    });
    expect(await failure('f.csv', 'a\n"open\n')).toMatchObject({ code: 'csv-damaged' });
  });
});
