/** @file What came of a config's variants. */
import { describe, expect, test } from 'vitest';
import type { AdapterConfig, RunLineage } from '../../../runtime/contract/api/adapters.ts';
import type { RunSummary } from '../../../runtime/contract/api/runs.ts';
import { lineageWanted } from '../../../src/adapters/lineage.ts';
import { metricOf, resultsOf, runsByConfig } from '../../../src/adapters/results.ts';
import { configRow, metricText, variantRow } from '../../../src/adapters/rows.ts';
import { runSummary } from '../../support/runSummary.ts';

const file = '/folder/tickets.adapter.json';
const config: AdapterConfig = {
  file,
  variants: [{ digest: 'a' }, { name: 'rank 64', digest: 'b' }],
  errors: 0,
};

let minute = 0;
/** A finished run, newer than those before. */
function doneRun(digest: string, bestLoss: number, seed: number, variant?: string): [RunSummary, RunLineage] {
  const folder = `/runs/${minute}`;
  const created = new Date(Date.UTC(2026, 2, 1, 10, minute++)).toISOString();
  const named = variant === undefined ? {} : { variant };
  return [
    runSummary({ status: 'done', config: file, created, bestLoss, seed, ...named }, { folder }),
    { folder, digest, changed: [] },
  ];
}

function results(...made: [RunSummary, RunLineage][]) {
  const runs = runsByConfig(made.map(([run]) => run)).get(file) ?? [];
  return resultsOf(config, runs, new Map(made.map(([run, lineage]) => [run.folder, lineage])));
}

test('the interval is Student’s: mean ± t s / sqrt(n)', () => {
  expect(metricOf([])).toBeUndefined();
  expect(metricOf([0.5])).toEqual({ mean: 0.5, seeds: 1 });
  // three values with s = 1: 4.303 / sqrt(3)
  expect(metricOf([1, 2, 3])?.mean).toBe(2);
  expect(metricOf([1, 2, 3])?.interval).toBeCloseTo(2.4843, 3);
  expect(metricText({ mean: 1.5, interval: 0, seeds: 2 })).toBe('1.50 (2 seeds)');
  expect(metricText({ mean: 123.4, interval: 22, seeds: 2 })).toBe('123 ± 22 (2 seeds)');
  expect(metricText({ mean: 0.012, interval: 0.001, seeds: 3 })).toBe('0.012 ± 0.001 (3 seeds)');
});

describe('of a variant', () => {
  test('seeds of one config are one result; the best config counts', () => {
    const [base] = results(
      doneRun('a', 0.1, 1),
      doneRun('a', 0.3, 2),
      doneRun('old', 0.9, 1),
      doneRun('a', 0.2, 1),
    );
    expect(base?.runs).toHaveLength(4);
    expect(base?.best).toMatchObject({ mean: 0.25, seeds: 2 });
  });

  test('it is stale when its newest finished run had another config or other data', () => {
    const fresh = results(doneRun('old', 0.1, 1), doneRun('a', 0.2, 1));
    expect(fresh[0]?.stale).toEqual([]);
    const [run, lineage] = doneRun('old', 0.1, 1);
    const changed = [{ role: 'train', path: '/d', what: 'changed' }] as const;
    const stale = results([run, { ...lineage, changed }]);
    expect(stale[0]?.stale).toEqual(['config', 'data']);
    expect(variantRow(stale[0]!).description).toBe('0.100 · stale: config and data changed');
    expect(configRow(config, stale).description).toBe('best 0.100 · 1 variant stale');
  });

  test('each has its own runs, also one that the file names no more', () => {
    const all = results(doneRun('b', 0.1, 1, 'rank 64'), doneRun('c', 0.2, 1, 'gone'));
    expect(all.map(({ variant, runs }) => [variant.name, runs.length])).toEqual([
      [undefined, 0],
      ['rank 64', 1],
      ['gone', 1],
    ]);
    expect(all.map((result) => variantRow(result).description)).toEqual([
      'not trained yet',
      '0.100',
      '0.200',
    ]);
  });

  test('a run that goes on says so', () => {
    const runs = [runSummary({ config: file })];
    expect(variantRow(resultsOf(config, runs, new Map())[0]!).description).toBe('running');
  });
});

test('a config says how many mistakes it has, in plain text', () => {
  const broken = { ...config, file: '/w/[x](command:y)\u202e.adapter.json', errors: 2, problem: '<b>' };
  const row = configRow(broken, []);
  expect(row.label).toBe('[x](command:y) .adapter.json');
  expect(row.description).toBe('2 mistakes');
  expect(row.tooltip).not.toMatch(/(?<!\\)[<[]/);
});

test('of thousands of runs the lineage of few is asked for: finished ones of configs that are there', () => {
  const runs = Array.from({ length: 4000 }, (_, i) =>
    runSummary(
      { status: i % 5 === 0 ? 'failed' : 'done', config: i % 2 === 0 ? file : '/gone.adapter.json' },
      { folder: `/runs/${i}` },
    ),
  );
  const configs = new Map([[file, config]]);
  const wanted = lineageWanted(runs, configs, new Map());
  expect(wanted).toHaveLength(30);
  const known = new Map(wanted.map((folder) => [folder, { folder, changed: [] }]));
  expect(lineageWanted(runs, configs, known)).toEqual([]);
});
