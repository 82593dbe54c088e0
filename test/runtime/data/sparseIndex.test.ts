/** @file However many rows there are, the index stays small, and its entries are places of rows. */
import { expect, test } from 'vitest';
import { SparseIndex } from '../../../runtime/data/sparseIndex.ts';

function indexOf(rows: number): SparseIndex {
  const index = new SparseIndex();
  for (let row = 0; row < rows; row++) index.add(row * 10, row * 2 + 1);
  return index;
}

test('200,000 rows take as many entries as fit, each at its row', () => {
  const index = indexOf(200_000);
  expect(index.rows).toBe(200_000);
  expect(index.record().offsets.length).toBeLessThanOrEqual(32_768);
  for (const row of [0, 1, 777, 65_536, 131_071, 199_999]) {
    const entry = index.before(row)!;
    expect(entry.row).toBeLessThanOrEqual(row);
    expect(row - entry.row).toBeLessThan(16);
    expect(entry).toMatchObject({ offset: entry.row * 10, line: entry.row * 2 + 1 });
    expect(index.beforeLine(row * 2 + 1)!.row).toBe(entry.row);
  }
});

test('an empty file has no entry', () => {
  expect(new SparseIndex().before(0)).toBeUndefined();
});

test('a record is read back, and a damaged one is none', () => {
  const record = indexOf(100).record();
  expect(SparseIndex.from(record, 1000)?.record()).toEqual(record);
  for (const damage of [
    { rows: 101 },
    { stride: 0 },
    { offsets: record.offsets.map(() => 2000) },
    { offsets: [...record.offsets].reverse() },
    { lines: [] },
  ])
    expect(SparseIndex.from({ ...record, ...damage }, 1000)).toBeUndefined();
  expect(SparseIndex.from(null, 1)).toBeUndefined();
});
