/** @file The table for other programs. */
import { expect, test } from 'vitest';
import { comparisonCsv } from '../../../webview/compare/csv.ts';
import { comparison } from './comparison.ts';

test('rows with runs as columns, then groups with unrounded means', () => {
  expect(comparisonCsv(comparison).split('\r\n').slice(0, 2)).toEqual([
    'section,name,a · seed 0,a · seed 1,b',
    'config,method.rank,4,4,8',
  ]);
  expect(comparisonCsv(comparison)).toContain('\r\na,2,,,2,12.7,2,12.7,,\r\nb,1,,,2,,2,,,\r\n');
});

test('quotes, line ends and formulas are harmless; numbers stay numbers', () => {
  const rows = ['say "x", y', 'two\nlines', '=cmd()', '-1.5e-3', '@x', '−1'].map((value) => ({
    section: 'config' as const,
    name: 'k',
    values: [value],
    differs: false,
  }));
  const lines = comparisonCsv({ ...comparison, runs: [], groups: [], rows });
  for (const cell of ['"say ""x"", y"', '"two\nlines"', "'=cmd()", 'k,-1.5e-3', "'@x"])
    expect(lines).toContain(cell);
});
