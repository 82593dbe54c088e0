/** @file Runs side by side: groups by seed, rows that differ, labels that tell apart. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunMetrics } from '../../../runtime/contract/api/compare.ts';
import type { RunRecord } from '../../../runtime/contract/run.ts';
import { compareRuns, flatConfig, openRun } from '../../../runtime/runs/compare.ts';
import type { RunFacts } from '../../../runtime/runs/compare.ts';
import { runConfig } from '../../support/runConfig.ts';
import { makeRun } from '../../support/runFolder.ts';
import { runSummary } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

interface Case {
  readonly seed?: number;
  readonly rank?: number;
  readonly record?: Partial<RunRecord>;
  readonly metrics?: Partial<RunMetrics>;
}

let count = 0;
function run({ seed = 0, rank = 4, record = {}, metrics = {} }: Case): RunFacts {
  const base = runConfig('/x', { seed });
  const id = `run-${String(count++).padStart(6, '0')}`;
  return {
    folder: `/runs/${id}`,
    record: { ...runSummary().record, id, seed, hashes: { train: 'a', base: 'b' }, ...record },
    config: flatConfig({ ...base, method: { ...base.method, rank } }),
    metrics: { step: 10, steps: 10, seconds: 2, rows: 400, ...metrics },
  };
}

test('a config is flat by dotted keys, without its seed and its folder of runs', () => {
  const flat = flatConfig({ ...runConfig('/x', { seed: 3 }) });
  expect(flat.get('method.rank')).toBe('4');
  expect(flat.get('training.betas')).toBe('[0.9,0.999]');
  expect(flat.has('training.seed') || flat.has('output')).toBe(false);
});

describe('groups', () => {
  const comparison = compareRuns([
    run({ seed: 0, metrics: { validation: 1, best: { step: 5, loss: 1 } } }),
    run({ seed: 0, rank: 8, record: { variant: 'rank 8' }, metrics: { validation: 4 } }),
    run({ seed: 1, metrics: { validation: 3, best: { step: 9, loss: 2 } } }),
  ]);
  test('are runs that differ in their seed alone, with mean and interval', () => {
    expect(comparison.groups.map(({ label, runs }) => [label, runs])).toEqual([
      ['tickets', [0, 2]],
      ['tickets · rank 8', [1]],
    ]);
    expect(comparison.groups[0]?.validation).toMatchObject({ n: 2, mean: 2 });
    expect(comparison.groups[0]?.validation?.half).toBeCloseTo(12.7062, 4);
    expect(comparison.groups[0]?.best?.mean).toBe(1.5);
    expect(comparison.groups[1]?.validation).toEqual({ n: 1, mean: 4 });
    expect(comparison.groups[1]?.best).toBeUndefined();
  });
  test('name their runs by seed', () => {
    expect(comparison.runs.map(({ label }) => label)).toEqual([
      'tickets · seed 0',
      'tickets · rank 8',
      'tickets · seed 1',
    ]);
  });
  test('differ by the data they learned from, and then a number tells them apart', () => {
    const other = compareRuns([run({}), run({ record: { hashes: { train: 'z', base: 'b' } } })]);
    expect(other.groups.map(({ label }) => label)).toEqual(['tickets · 1', 'tickets · 2']);
  });
  test('with equal seeds are told apart by their ids', () => {
    const twice = compareRuns([run({}), run({})]);
    expect(new Set(twice.runs.map(({ label }) => label)).size).toBe(2);
  });
  test('leave losses out that are no numbers', () => {
    const groups = compareRuns([
      run({ metrics: { validation: NaN } }),
      run({ seed: 1, metrics: { validation: 2 } }),
    ]);
    expect(groups.groups[0]?.validation).toEqual({ n: 1, mean: 2 });
  });
});

describe("a group's means", () => {
  const done = (seed: number, validation: number, record: Partial<RunRecord> = {}) =>
    run({ seed, record: { status: 'done', ...record }, metrics: { validation } });
  const stopped = (seed: number, validation: number) =>
    run({ seed, record: { status: 'stopped' }, metrics: { validation, step: 2 } });
  test('leave out runs that did not finish, where others did', () => {
    const [group] = compareRuns([done(0, 1), stopped(1, 3.5), done(2, 1.5)]).groups;
    expect(group).toMatchObject({ runs: [0, 1, 2], counted: [0, 2], validation: { n: 2, mean: 1.25 } });
    expect(compareRuns([stopped(0, 1), stopped(1, 3)]).groups[0]?.validation).toMatchObject({
      n: 2,
      mean: 2,
    });
  });
  test('count a seed once, by its newest run', () => {
    const older = { created: '2026-01-01T00:00:00.000Z' };
    const [group] = compareRuns([done(0, 1), done(0, 9, older), done(1, 2)]).groups;
    expect(group).toMatchObject({ counted: [0, 2], validation: { n: 2, mean: 1.5 } });
  });
  test('are over runs that answered differently often: that changes nothing that was learned', () => {
    const asked = done(1, 2);
    const config = flatConfig({ ...runConfig('/x', { samples: 4 }) });
    expect(compareRuns([done(0, 1), { ...asked, config }]).groups).toHaveLength(1);
  });
});

describe('the table', () => {
  const { rows } = compareRuns([run({}), run({ rank: 8 })]);
  const row = (name: string) => rows.find((line) => line.name === name);
  test('marks what differs', () => {
    expect(row('method.rank')).toEqual({
      section: 'config',
      name: 'method.rank',
      values: ['4', '8'],
      differs: true,
    });
    expect(row('method.alpha')?.differs).toBe(false);
  });
  test('has data and results, and no line that is empty in all', () => {
    expect(row('Training rows')?.values).toEqual(['400', '400']);
    expect(row('train (SHA-256)')?.values).toEqual(['a', 'a']);
    expect(row('Validation loss')).toBeUndefined();
    expect(row('Steps')?.values).toEqual(['10 of 10', '10 of 10']);
  });
});

describe('a folder', () => {
  test('gives record and config; a damaged config leaves the rest', () => {
    const output = temporaryFolder();
    const { folder } = makeRun(output, 'one');
    expect(openRun(folder)?.config.size).toBe(0);
    writeFileSync(join(folder, 'config.resolved.json'), JSON.stringify(runConfig(output)));
    expect(openRun(folder)?.config.get('method.rank')).toBe('4');
  });
  test('without a run is none', () => {
    const empty = join(temporaryFolder(), 'empty');
    mkdirSync(empty);
    expect(openRun(empty)).toBeUndefined();
  });
  test('whose record lacks hashes and versions, or has others than texts, is read without them', () => {
    const { folder } = makeRun(temporaryFolder(), 'one', {
      hashes: { train: 5 } as never,
      versions: null as never,
    });
    expect(openRun(folder)?.record).toMatchObject({ hashes: {}, versions: {} });
  });
});

test('nothing compared is empty', () => {
  expect(compareRuns([])).toEqual({ runs: [], groups: [], changes: [], rows: [] });
});
