/** @file What is said about rows and files. */
import { expect, test } from 'vitest';
import type { Survey } from '../../../runtime/contract/api/data.ts';
import {
  fileCard,
  fileDescription,
  fileStatus,
  renderedText,
  rowStatus,
  sharePercent,
  shortCount,
} from '../../../src/data/words.ts';
import { hostileText } from '../../support/dataWorkspace.ts';

const survey: Survey = {
  rows: 400,
  bytes: 1.2e6,
  unit: 'line',
  format: 'chat',
  excluded: 0,
  looked: 400,
  lints: [],
  tokens: {
    tokens: 40_120,
    supervised: 7200,
    truncated: 1,
    length: 512,
    longest: 600,
    percentile95: 300,
    histogram: { width: 1, counts: [] },
  },
};

test.each([
  [987, '987'],
  [1000, '1 k'],
  [1240, '1.2 k'],
  [40_120, '40 k'],
  [999_999, '1 M'],
  [12_345_678, '12 M'],
])('%d is %s', (count, text) => {
  expect(shortCount(count)).toBe(text);
});

test('shares', () => {
  expect([sharePercent(18, 100), sharePercent(1, 33), sharePercent(0, 0)]).toEqual(['18 %', '3.0 %', '0 %']);
});

test('a file in three facts, problems first', () => {
  expect(fileDescription(survey)).toBe('400 rows · 40 k tokens · 18 % trained');
  const lints = [{ code: 'truncated', severity: 'warning', message: '', count: 3, lines: [] }] as const;
  expect(fileDescription({ ...survey, lints })).toBe('400 rows · 3 warnings · 40 k tokens');
  expect(fileDescription({ ...survey, looked: 20 })).toContain('~ 40 k');
  expect(fileStatus(survey)).toBe('The file: 7,200 of 40,120 tokens trained in 400 rows');
});

test('a row in the status bar', () => {
  expect(rowStatus({ tokens: 1903, supervised: 412, ranges: [], lints: [] }, 12, false)).toBe(
    '412 of 1,903 tokens trained · row 12',
  );
  expect(rowStatus({ ranges: [], lints: [] }, 12, false)).toBeUndefined();
  expect(rowStatus(undefined, 6, true)).toBe('excluded from training · row 6');
});

test('a card holds names as text', () => {
  const use = { config: 'c', label: hostileText, role: 'train', file: 'f', length: 1, exclude: [] } as const;
  const card = fileCard('a<b>.jsonl', survey, [use], 'failed | here');
  expect(card).not.toMatch(/(?<!\\)(<img|\[click)/);
  expect(card).toContain('failed \\| here');
});

test('a long rendered row keeps its ends', () => {
  const segment = { text: 'x'.repeat(10_000), state: 'ignored', kind: 'content' } as const;
  const text = renderedText({
    turns: [{ role: 'user', segments: [segment] }],
    tokens: 1,
    supervised: 0,
    lints: [],
    shortened: false,
  });
  expect(text.length).toBeLessThan(4100);
  expect(text).toContain('6,000 characters');
});
