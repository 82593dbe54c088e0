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
  const timed = { ...view, stepTime: { seconds: 4.1, tokens: 812, from: { run: 'r' } } };
  expect(factWords(report({ views: [timed] }))).toContain(' · 150 steps · about 4.1 s a step · ');
  const guess = { ...view, memory: { ...memory, atMost: true }, data: { ...view.data!, exact: false } };
  expect(factWords(report({ views: [guess] }))).toMatch(/^fits: ≤ 2\.1 GB of 21 GB · ~ 150 steps/);
  const error = { severity: 'error' as const, code: 'x', message: 'x' };
  expect(factWords(report({ diagnostics: [error] }))).toBe('1 error');
  expect(factWords(report({ diagnostics: [error, error] }))).toBe('2 errors');
});

test('the estimate has its parts, and a time with what says it', () => {
  const facts = (stepTime?: ConfigView['stepTime']) =>
    costFacts(stepTime === undefined ? view : { ...view, stepTime }, 21e9);
  expect(facts().map(({ label }) => label)).toContain('Activations');
  expect(facts().at(-1)?.description).toMatch(/^measure the device in Devices/);
  expect(facts({ seconds: 2, tokens: 812, from: { run: 'r' } }).slice(-2)).toEqual([
    { label: 'A step', description: 'about 2.0 s for 812 tokens, as in run r' },
    { label: 'Time', description: 'about 5 min' },
  ]);
  expect(facts({ seconds: 2, tokens: 812, from: { gigaflops: 92 } }).at(-2)?.description).toContain(
    "by this device's measured 92.0 GFLOP/s",
  );
  expect(costFacts({ valid: false, anchor }, 21e9)).toEqual([]);
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
