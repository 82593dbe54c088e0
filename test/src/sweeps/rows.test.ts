/** @file How sweeps and their runs look, and what is told at an end. */
import { describe, expect, test } from 'vitest';
import type { SweepRun, SweepRunStatus, SweepSummary } from '../../../runtime/contract/api/sweeps.ts';
import { runFolders, sweepEnding, sweepRow, sweepRunRow, sweepState } from '../../../src/sweeps/rows.ts';

const sweep = (statuses: readonly SweepRunStatus[], pid?: number, name = 'tickets'): SweepSummary => ({
  folder: '/s',
  ...(pid === undefined ? {} : { pid }),
  sweep: {
    id: 'x',
    name,
    config: '/x',
    sets: [],
    created: '',
    updated: '',
    parallel: 1,
    stopHopeless: false,
    runs: statuses.map((status, seed) => ({
      seed,
      status,
      ...(status === 'waiting' ? {} : { folder: `/r${seed}` }),
    })),
  },
});

test('a sweep runs while its process lives, and is done when nothing is left', () => {
  expect(sweepState(sweep(['done'], 5))).toBe('running');
  expect(sweepState(sweep(['done', 'hopeless']))).toBe('done');
  expect(sweepState(sweep(['done', 'failed']))).toBe('stopped');
  expect(sweepState(sweep(['waiting']))).toBe('stopped');
});

test('its row counts', () => {
  expect(sweepRow(sweep(['done', 'running', 'failed', 'waiting'], 5))).toMatchObject({
    label: 'tickets',
    description: '1 of 4 done · 1 running · 1 failed',
    context: 'running',
  });
  expect(sweepRow(sweep(['done', 'hopeless'])).description).toBe('2 of 2 done');
});

test('a run has its variant, seed, state, and its loss or why it ended', () => {
  const run: SweepRun = { variant: 'rank 4', seed: 3, status: 'done' };
  expect(sweepRunRow(run, 0.01234)).toMatchObject({
    label: 'rank 4 · seed 3',
    description: 'done · 0.0123',
    context: 'run',
  });
  expect(sweepRunRow({ ...run, status: 'hopeless', message: 'worse' }).description).toBe('given up · worse');
  expect(sweepRunRow({ seed: 0, status: 'waiting' })).toMatchObject({
    label: 'base · seed 0',
    description: 'waiting',
  });
});

test('names from files stay one line without control characters', () => {
  expect(sweepRow(sweep(['done'], 1, 'a\nb\u0000')).label).toBe('a b');
  expect(sweepRunRow({ variant: 'x\ny', seed: 0, status: 'done' }).label).toBe('x y · seed 0');
});

describe('the one notification', () => {
  const ending = (statuses: readonly SweepRunStatus[]) => sweepEnding(sweep(statuses, 5), sweep(statuses));
  test.each<[readonly SweepRunStatus[], string, boolean]>([
    [['done', 'done'], 'The sweep of tickets is done: 2 runs.', false],
    [['done', 'hopeless'], 'The sweep of tickets is done: 2 runs, 1 of them given up.', false],
    [['done', 'failed', 'waiting'], 'The sweep of tickets ended: 1 of 3 runs failed.', true],
    [['done', 'interrupted'], 'The sweep of tickets was interrupted. It can be resumed.', false],
  ])('%j', (statuses, text, failed) => {
    expect(ending(statuses)).toEqual({ text, failed });
  });
  test('is none while it goes on, where a person stopped it, and for one that is found so', () => {
    expect(sweepEnding(sweep(['done'], 5), sweep(['done'], 5))).toBeUndefined();
    expect(ending(['stopped', 'waiting'])).toBeUndefined();
    expect(sweepEnding(sweep(['done']), sweep(['done']))).toBeUndefined();
    expect(sweepEnding(undefined, sweep(['done']))).toBeUndefined();
  });
  test('holds no link from a name', () => {
    const evil = sweep(['done'], undefined, '[x](command:y)');
    expect(sweepEnding(sweep(['done'], 5), evil)?.text).not.toContain('](');
  });
});

test('folders of runs that have begun', () => {
  expect(runFolders(sweep(['done', 'waiting', 'running']))).toEqual(['/r0', '/r2']);
});
