/** @file Lists of row numbers: what they mean, and that adding and removing rows keeps all others. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  includesRow,
  rowRange,
  rowRanges,
  withoutRows,
  withRows,
} from '../../../runtime/contract/rowNumbers.ts';

test.each([
  [12, [12, 12]],
  ['12', [12, 12]],
  ['12-20', [12, 20]],
  [' 3 - 4 ', [3, 4]],
  [0, undefined],
  [-1, undefined],
  [1.5, undefined],
  ['20-12', undefined],
  ['a', undefined],
  ['1-2-3', undefined],
])('%j', (entry, range) => {
  expect(rowRange(entry)).toEqual(range);
});

test('neighbours and overlaps become one range', () => {
  expect(rowRanges([5, '1-3', 4, '9-12', '10-11'])).toEqual([
    [1, 5],
    [9, 12],
  ]);
});

test('a list says of each row what a set would', () => {
  const row = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(row), fc.boolean())), (changes) => {
      const rows = new Set<number>();
      let list: (number | string)[] = [];
      for (const [some, added] of changes) {
        list = added ? withRows(list, some) : withoutRows(list, some);
        for (const one of some)
          if (added) rows.add(one);
          else rows.delete(one);
      }
      const ranges = rowRanges(list);
      for (let one = 1; one <= 40; one++) expect(includesRow(ranges, one)).toBe(rows.has(one));
    }),
  );
});
