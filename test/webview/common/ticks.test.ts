/** @file Round numbers on the axes, in every range. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linearTicks, logTicks, shortCount, xText, xTicks, yText } from '../../../webview/common/ticks.ts';

test('round numbers', () => {
  expect(linearTicks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(linearTicks(-0.3, 0.3, 6)).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
  expect(logTicks(0.009, 11, 8)).toEqual([0.01, 0.1, 1, 10]);
  expect(logTicks(0.5, 20, 8)).toEqual([0.5, 1, 2, 5, 10, 20]);
  expect(logTicks(1e-9, 1e3, 4)).toEqual([1e-9, 1e-6, 1e-3, 1, 1e3]);
  expect(xTicks(1, 5, 10, 'step')).toEqual([1, 2, 3, 4, 5]);
  expect(xTicks(0, 7200, 5, 'time')).toEqual([0, 1800, 3600, 5400, 7200]);
});

test('all lie in the range, ascending, and are not many', () => {
  const size = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(size, size, fc.integer({ min: 2, max: 20 }), (low, width, most) => {
      const span = width + low * 1e-6;
      for (const ticks of [linearTicks(low, low + span, most), logTicks(low, low + span, most)]) {
        for (const [i, tick] of ticks.entries()) {
          expect(tick).toBeGreaterThanOrEqual(low - span * 1e-6 - low * 1e-6);
          expect(tick).toBeLessThanOrEqual((low + span) * (1 + 1e-6));
          if (i > 0) expect(tick).toBeGreaterThan(ticks[i - 1]!);
        }
        expect(ticks.length).toBeLessThanOrEqual(2 * most + 2);
      }
    }),
  );
});

test('in words', () => {
  expect([42, 300, 3900, 0.5].map((seconds) => xText(seconds, 'time'))).toEqual([
    '0:42',
    '5:00',
    '1:05:00',
    '0.5 s',
  ]);
  expect([950, 12_000, 1_500_000].map(shortCount)).toEqual(['950', '12 k', '1.5 M']);
  expect([0.5, 100, 1e-5, 0.012].map(yText)).toEqual(['0.5', '100', '1e-5', '0.012']);
});
