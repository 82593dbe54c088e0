/** @file A range test as a plot and in words. */
import { expect, test } from 'vitest';
import { ratePlot, rateRange, rateWords } from '../../../webview/rate/figure.ts';

const curve = {
  points: [
    [1e-6, 8],
    [1e-4, 4],
    [1e-2, 9],
  ],
  suggestion: 1e-4,
  diverged: 1e-2,
} as const;

test('rates stand by their power of ten, the suggestion is a tick', () => {
  const { lines, ticks } = ratePlot(curve);
  expect([...lines[1]!.x].map((x) => Math.round(x))).toEqual([-6, -4, -2]);
  expect([...lines[1]!.y]).toEqual([8, 4, 9]);
  expect(lines[0]!.y[0]).toBe(8);
  expect([...ticks!].map((x) => Math.round(x))).toEqual([-4]);
  expect(rateRange(curve).map((x) => Math.round(x))).toEqual([-6, -2]);
  expect(rateRange({ points: [] })).toEqual([-6, 0]);
});

test('words for what was found and what was not', () => {
  expect(rateWords(curve)[0]).toContain('Suggested learning rate 1.0e-4');
  expect(rateWords(curve)[1]).toBe('3 steps, one rate each · diverged at 1.0e-2 · first loss 8.00');
  expect(rateWords({ points: [] }).slice(0, 2)).toEqual([
    'No suggestion: the loss never fell.',
    '0 steps, one rate each · never diverged',
  ]);
});
