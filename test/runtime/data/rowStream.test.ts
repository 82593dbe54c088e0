/** @file Rows encoded one after another: errors with their place, ids checked, rows cut and counted. */
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { openContainer } from '../../../runtime/data/containers/open.ts';
import { RowEncoder } from '../../../runtime/data/encodeRow.ts';
import type { EncodedRow } from '../../../runtime/data/encodeRow.ts';
import { RowReader } from '../../../runtime/data/rows.ts';
import { encodeRows, RowTally } from '../../../runtime/data/rowStream.ts';
import { ByteFile } from '../../../runtime/formats/byteFile.ts';
import { plain, write } from './dataFiles.ts';

async function stream(
  rows: readonly unknown[] | string,
  vocabSize?: number,
): Promise<[number, EncodedRow | UserError][]> {
  const file = new ByteFile(write(rows));
  const seen: [number, EncodedRow | UserError][] = [];
  try {
    await encodeRows(
      {
        file,
        container: await openContainer(file),
        reader: new RowReader({}),
        encoder: new RowEncoder(plain, { trainOn: 'assistant' }),
        options: { tokenizer: plain, vocabSize },
      },
      (row, place) => seen.push([place.line, row]),
    );
  } finally {
    file.close();
  }
  return seen;
}

test('rows and errors in order, each with its line', async () => {
  const seen = await stream('{"text":"a"}\n{"text"\n\n{"input_ids":[1]}\n{"text":"b"}\n');
  expect(seen.map(([line, row]) => [line, row instanceof UserError ? row.code : row.ids.length])).toEqual([
    [1, 3],
    [2, 'row-not-json'],
    [4, 'formats-mixed'],
    [5, 3],
  ]);
  for (const [line, row] of seen) if (row instanceof UserError) expect(row.place.line).toBe(line);
});

test('ids that the base does not have', async () => {
  const codes = async (size?: number): Promise<unknown[]> =>
    (await stream([{ input_ids: [300, 1] }], size)).map(([, row]) => row instanceof UserError && row.code);
  expect(await codes()).toEqual(['token-out-of-range']);
  expect(await codes(301)).toEqual([false]);
});

describe('the tally', () => {
  const row = (length: number, trained: readonly number[], lints: EncodedRow['lints'] = []): EncodedRow => {
    const mask = new Uint8Array(length);
    for (const i of trained) mask[i] = 1;
    return { ids: Array.from({ length }, (_, i) => i), mask, lints, text: undefined, spans: [] };
  };

  test('counts what is kept, cut and left out', () => {
    const tally = new RowTally(4);
    tally.add(row(3, [1, 2]), { row: 0, line: 1 });
    tally.add(row(6, [3, 4, 5]), { row: 1, line: 2 });
    tally.add(row(6, [5]), { row: 2, line: 3 });
    tally.add(row(2, []), { row: 3, line: 4 });
    expect(tally.rows).toBe(2);
    const totals = tally.finish('f', 'line');
    expect(totals).toMatchObject({
      rows: 2,
      tokens: 7,
      supervised: 3,
      truncated: 2,
      longest: 6,
      percentile95: 6,
    });
    expect(totals.lints.map(({ code, lines }) => [code, lines])).toEqual([
      ['truncated', [2, 3]],
      ['answer-cut-off', [3]],
      ['nothing-trained', [4]],
    ]);
  });

  test('refuses files that teach nothing, and lints that are errors', () => {
    expect(() => new RowTally(4).finish('f', 'line')).toThrow(
      expect.objectContaining({ code: 'data-empty' }) as Error,
    );
    const nothing = new RowTally(4);
    nothing.add(row(9, [8]), { row: 0, line: 1 });
    expect(() => nothing.finish('f', 'line')).toThrow(
      expect.objectContaining({
        code: 'no-trainable-token',
        hint: expect.stringContaining('9 tokens') as string,
      }) as Error,
    );
    const broken = new RowTally(4);
    broken.add(row(3, [1], ['tool-arguments']), { row: 6, line: 7 });
    expect(() => broken.finish('f', 'row')).toThrow(
      expect.objectContaining({ code: 'tool-arguments', place: { file: 'f', what: 'row 7' } }) as Error,
    );
  });
});
