/** @file Parquet as pyarrow writes it, in every codec and page version. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failure, read, rowsOf } from './rowsOf.ts';

describe('Parquet as pyarrow writes it', () => {
  const fixtures = join(import.meta.dirname, '../../../fixtures/data/parquet');
  const expected = JSON.parse(readFileSync(join(fixtures, 'rows.json'), 'utf8')) as Record<string, unknown[]>;

  test.each(readdirSync(fixtures).filter((name) => name.endsWith('.parquet')))('%s', async (name) => {
    const { rows, unit } = await rowsOf(join(fixtures, name));
    expect(rows.map(({ value }) => value)).toEqual(expected[name.split(/[-.]/)[0]!]);
    expect(rows.map(({ line }) => line)).toEqual(rows.map((_, i) => i + 1));
    expect(unit).toBe('row');
  });

  test('recognised by its first bytes', async () => {
    const { values } = await read('unnamed', readFileSync(join(fixtures, 'tokens.parquet')));
    expect(values).toEqual(expected['tokens']);
  });

  test('cut off', async () => {
    const bytes = readFileSync(join(fixtures, 'tokens.parquet'));
    for (const end of [5, 100, bytes.length - 1])
      expect(await failure('cut.parquet', bytes.subarray(0, end))).toMatchObject({ code: 'parquet-damaged' });
  });
});
