/** @file The window of a list, also of one that is higher than a browser lets an element be. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  highestList,
  lastTop,
  rowWindow,
  scrollHeight,
  scrollTopAt,
  topAt,
  topShowing,
} from '../../../webview/dataset/rowWindow.ts';

const size = (rows: number) => ({ rows, rowHeight: 24, height: 480 });
const sizes = fc.nat(3_000_000).map(size);

test('few elements whatever the number of rows, and every row can be reached', () => {
  fc.assert(
    fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
      const { first, end } = rowWindow(list, lastTop(list) * share, 6);
      expect(end - first).toBeLessThanOrEqual(480 / 24 + 13);
      expect(scrollHeight(list)).toBeLessThanOrEqual(highestList);
      const bar = Math.max(0, scrollHeight(list) - list.height);
      expect(topAt(list, bar)).toBeCloseTo(lastTop(list), 0);
      expect(rowWindow(list, lastTop(list), 0).end).toBe(list.rows);
    }),
  );
});

test('the scroll bar and the list say the same place', () => {
  fc.assert(
    fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
      const top = lastTop(list) * share;
      expect(topAt(list, scrollTopAt(list, top))).toBeCloseTo(top, 3);
    }),
  );
});

test('a row comes into view by the shortest way', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000_000 }), fc.nat(), fc.nat(), (rows, a, b) => {
      const list = size(rows);
      const top = topShowing(list, Math.min(a % (rows * 24), lastTop(list)), b % rows);
      expect((b % rows) * 24).toBeGreaterThanOrEqual(top);
      expect((b % rows) * 24 + 24).toBeLessThanOrEqual(top + 480);
    }),
  );
});
