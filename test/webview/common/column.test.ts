/** @file Columns grow in place, and who holds an older one keeps it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Column, lowerBound } from '../../../webview/common/column.ts';

test('appending and cutting is that of lists, for every column on the way', () => {
  const change = fc.record({ cut: fc.option(fc.nat(30), { nil: undefined }), added: fc.array(fc.integer()) });
  fc.assert(
    fc.property(fc.array(fc.tuple(change, fc.nat())), (changes) => {
      const made: { column: Column; list: number[] }[] = [{ column: Column.empty, list: [] }];
      for (const [{ cut, added }, from] of changes) {
        // also from an older one: both must live on
        const { column, list } = made[from % made.length]!;
        const kept = list.slice(0, cut);
        made.push({
          column: (cut === undefined ? column : column.cut(cut)).append(added),
          list: [...kept, ...added],
        });
      }
      for (const { column, list } of made) expect([...column.values]).toEqual(list);
    }),
  );
});

test('a growing column keeps its storage between doublings', () => {
  const storages = new Set<ArrayBufferLike>();
  let column = Column.empty;
  for (let i = 0; i < 10_000; i++) {
    column = column.append([i]);
    storages.add(column.values.buffer);
  }
  expect(storages.size).toBeLessThan(12);
});

test('the first place of at least a value', () => {
  const values = Float64Array.of(1, 3, 3, 7);
  expect([0, 1, 2, 3, 4, 7, 8].map((value) => lowerBound(values, value))).toEqual([0, 0, 1, 1, 3, 3, 4]);
});
