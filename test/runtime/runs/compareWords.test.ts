/** @file What changed, in words. */
import { expect, test } from 'vitest';
import { changeWords } from '../../../runtime/runs/compareWords.ts';
import type { WordsGroup } from '../../../runtime/runs/compareWords.ts';
import { runSummary } from '../../support/runSummary.ts';

interface Case {
  readonly config?: Readonly<Record<string, string>>;
  readonly hashes?: Readonly<Record<string, string>>;
  readonly versions?: Readonly<Record<string, string>>;
  readonly device?: string;
  readonly rows?: number;
  readonly seeds?: readonly number[];
}

const group = (label: string, { config, hashes, versions, device, rows, seeds = [0] }: Case): WordsGroup => ({
  label,
  runs: seeds.map((seed) => ({
    record: {
      ...runSummary().record,
      seed,
      hashes: hashes ?? { train: 'a' },
      versions: versions ?? {},
      device: device ?? 'cpu',
    },
    config: new Map(Object.entries(config ?? { 'method.rank': '16' })),
    metrics: { step: 1, steps: 1, seconds: 1, rows: rows ?? 400 },
  })),
});

const against = (before: Case, after: Case): string[] => changeWords([group('a', before), group('b', after)]);

test('config, data and seed in one line', () => {
  const after = { config: { 'method.rank': '64' }, hashes: { train: 'b' }, rows: 414 };
  expect(against({}, after)).toEqual(['rank 16 → 64, data +14 rows, same seed']);
});

test.each<[string, Case, string]>([
  ['fewer rows', { hashes: { train: 'b' }, rows: 399 }, 'data −1 row, same seed'],
  ['other rows', { hashes: { train: 'b' } }, 'other data, as many rows, same seed'],
  ['another base', { hashes: { train: 'a', base: 'x' } }, 'same seed'],
  ['another seed', { seeds: [1] }, 'seed 0 → 1'],
  ['more seeds', { seeds: [1, 0] }, 'seeds 0 → 0, 1'],
  ['a device', { device: 'webgpu' }, 'device cpu → webgpu, same seed'],
  [
    'a key that is new',
    { config: { 'method.rank': '16', 'training.tokens': '512' } },
    'tokens 512 added, same seed',
  ],
  ['a key that is gone', { config: {} }, 'rank left out, same seed'],
])('%s', (_, after, words) => {
  expect(against({}, after)).toEqual([words]);
});

test('a long value is told by its key, equal ends by the whole key', () => {
  const long = { config: { 'data.train': 'x'.repeat(50) } };
  expect(against({ config: { 'data.train': 'y' } }, long)).toEqual(['other train, same seed']);
  const two = (value: string) => ({ config: { 'a.rank': value, 'b.rank': value } });
  expect(against(two('1'), two('2'))).toEqual(['a.rank 1 → 2, b.rank 1 → 2, same seed']);
});

test('another version of the program', () => {
  expect(against({ versions: { node: '24' } }, { versions: { node: '25' } })).toEqual([
    'node 24 → 25, same seed',
  ]);
});

test('three groups: a line each, with the label; one group: its seeds; none: nothing', () => {
  const lines = changeWords([group('a', {}), group('b', { config: {} }), group('c', { seeds: [2] })]);
  expect(lines).toEqual(['b: rank left out, same seed', 'c: seed 0 → 2']);
  expect(changeWords([group('a', { seeds: [1, 0] })])).toEqual(['same config and data, seeds 0, 1']);
  expect(changeWords([group('a', {})])).toEqual(['same config and data, same seed']);
  expect(changeWords([])).toEqual([]);
});
