/** @file Numbers as people read them. */
import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  shellWord,
  formatInterval,
} from '../../../runtime/contract/format.ts';

test.each([
  [0.01119, '0.0112'],
  [8.7812, '8.78'],
  [99.96, '100'],
  [1234.4, '1,234'],
  [0, '0'],
  [-0.5, '-0.500'],
  [0.0001234, '1.2e-4'],
  [2_500_000, '2.5e6'],
  [Number.NaN, 'not a number'],
  [Number.POSITIVE_INFINITY, 'infinite'],
])('number %d is %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test.each([
  [0, '0'],
  [999, '999'],
  [325632, '325,632'],
  [-1234567, '-1,234,567'],
])('count %d is %s', (value, text) => {
  expect(formatCount(value)).toBe(text);
});

test.each([
  [0, '0 s'],
  [0.146, '0.15 s'],
  [3.21, '3.2 s'],
  [12.4, '12 s'],
  [89, '89 s'],
  [240, '4 min'],
  [3899, '1 h 05 min'],
  [-1, 'unknown'],
])('%d seconds are %s', (value, text) => {
  expect(formatDuration(value)).toBe(text);
});

test.each([
  [12, '12 bytes'],
  [5_516_032, '5.5 MB'],
  [1_100_000_000, '1.1 GB'],
  [999_900, '1.0 MB'],
  [512_000_000, '512 MB'],
])('%d bytes are %s', (value, text) => {
  expect(formatBytes(value)).toBe(text);
});

test.each([
  ['runs/a-b_c.1', 'runs/a-b_c.1'],
  ['my runs/ä', '"my runs/ä"'],
  ['a"$b`\\', '"a\\"\\$b\\`\\\\"'],
])('%s is the word %s for a shell', (word, quoted) => {
  expect(shellWord(word)).toBe(quoted);
});

test.each([
  [{ mean: 0.0123456, half: 0.00112 }, '0.0123 ± 0.0011'],
  [{ mean: 12.34, half: 1.25 }, '12.3 ± 1.3'],
  [{ mean: 1.1, half: 1.2706 }, '1.10 ± 1.27'],
  [{ mean: 1234.6, half: 100 }, '1235 ± 100'],
  [{ mean: 3, half: 0 }, '3.00 ± 0'],
  [{ mean: 3 }, '3.00'],
  [{ mean: 1e-7, half: 1e-8 }, '1.0e-7 ± 1.0e-8'],
  [{ mean: NaN, half: 1 }, 'not a number'],
])('%j as an interval: %s', (interval, text) => {
  expect(formatInterval(interval)).toBe(text);
});
