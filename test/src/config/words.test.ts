/** @file Line ends, the lens above, the estimate and the variants in words. */
import { expect, test } from 'vitest';
import type { ConfigReport, ConfigView } from '../../../runtime/contract/api/config.ts';
import { costFacts, factWords, lineEnd, variantFacts } from '../../../src/config/words.ts';

const anchor = { line: 1, column: 1, offset: 0, length: 1 };
const memory = {
  weights: 1e9,
  activations: 1e9,
  working: 5e7,
  adapter: 3e7,
  process: 2e7,
  total: 2.1e9,
  atMost: false,
};
const view: ConfigView = {
  valid: true,
  anchor,
  adapter: { matched: 210, linears: 211, parameters: 4_884_480, scales: [2], bytes: 19_537_920 },
  memory,
  steps: 150,
  data: { rows: 400, exact: true, longest: 130, percentile95: 110 },
};
const report = (changes: Partial<ConfigReport> = {}): ConfigReport => ({
  diagnostics: [],
  views: [view],
  machineBytes: 21e9,
  ...changes,
});

test('a line ends in what the adapter comes to', () => {
  expect(lineEnd(view)).toBe('matches 210 of 211 · +4,884,480 · scale 2');
  expect(lineEnd({ ...view, adapter: { ...view.adapter!, scales: [0.25, 1.5, 2, 4] } })).toContain(
    'scale 0.25, 1.5, 2, ...',
  );
  expect(lineEnd({ valid: false, anchor })).toBeUndefined();
});

test('above stands whether it fits, or how many errors there are', () => {
  expect(factWords(report())).toBe('fits: 2.1 GB of 21 GB · 150 steps · 20 MB adapter');
  expect(factWords(report({ machineBytes: 1e9 }))).toMatch(/^too large: 2\.1 GB of 1\.0 GB/);
  const guess = { ...view, memory: { ...memory, atMost: true }, data: { ...view.data!, exact: false } };
  expect(factWords(report({ views: [guess] }))).toMatch(/^fits: ≤ 2\.1 GB of 21 GB · ~ 150 steps/);
  const error = { severity: 'error' as const, code: 'x', message: 'x' };
  expect(factWords(report({ diagnostics: [error] }))).toBe('1 error');
  expect(factWords(report({ diagnostics: [error, error] }))).toBe('2 errors');
});

test('the estimate has its parts, and a time where a run has told', () => {
  const labels = (seconds?: number): string[] => costFacts(view, 21e9, seconds).map(({ label }) => label);
  expect(labels()).toContain('Activations');
  expect(labels()).not.toContain('Time');
  expect(costFacts(view, 21e9, 2).at(-1)).toEqual({
    label: 'Time',
    description: 'about 5 min, as the last run took',
  });
  expect(costFacts({ valid: false, anchor }, 21e9, 2)).toEqual([]);
});

test('a variant in a list says what sets it apart, or that it has errors', () => {
  expect(variantFacts({ ...view, variant: 'wide' }, 21e9)).toEqual({
    label: 'wide',
    description: '+4,884,480 · scale 2 · fits: 2.1 GB of 21 GB · 150 steps',
  });
  expect(variantFacts({ ...view, valid: false }, 21e9)).toEqual({
    label: 'the file itself',
    description: 'has errors',
  });
});
