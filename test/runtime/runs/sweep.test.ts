/** @file A sweep's folder: written whole, held by one process, read as far as it is true, hostile until checked. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findSweep, listSweeps, readSweep, SweepKeeper } from '../../../runtime/runs/sweep.ts';
import { makeRun } from '../../support/runFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const create = (output: string, now = new Date()): SweepKeeper =>
  SweepKeeper.create(
    {
      configFile: join(output, 'tickets.adapter.json'),
      configText: '{ "a": 1 }',
      sets: ['x=1'],
      output,
      parallel: 2,
      stopHopeless: false,
      runs: [{ seed: 0 }, { variant: 'rank 4', seed: 0 }],
    },
    now,
  );

test('a new sweep waits, keeps its config, and is held by its process', () => {
  const output = temporaryFolder();
  const keeper = create(output);
  expect(readSweep(keeper.folder)).toMatchObject({
    pid: process.pid,
    sweep: {
      name: 'tickets',
      sets: ['x=1'],
      parallel: 2,
      runs: [
        { seed: 0, status: 'waiting' },
        { variant: 'rank 4', seed: 0, status: 'waiting' },
      ],
    },
  });
  expect(keeper.configText).toBe('{ "a": 1 }');
  expect(() => SweepKeeper.reopen(keeper.folder)).toThrow('is being written by process');
  keeper.close();
  expect(readSweep(keeper.folder)?.pid).toBeUndefined();
});

test('when its process is gone its runs are as their own folders say', () => {
  const output = temporaryFolder();
  const keeper = create(output);
  const run = makeRun(output, 'one', { status: 'running' });
  keeper.update(0, { status: 'running', folder: run.folder });
  keeper.update(1, { status: 'running' });
  expect(readSweep(keeper.folder)?.sweep.runs.map(({ status }) => status)).toEqual(['running', 'running']);
  keeper.close();
  const now = () => readSweep(keeper.folder)?.sweep.runs;
  expect(now()?.map(({ status }) => status)).toEqual(['interrupted', 'waiting']);
  run.record({ status: 'done' });
  expect(now()?.[0]?.status).toBe('done');
  rmSync(run.folder, { recursive: true });
  expect(now()?.[0]).toEqual({ seed: 0, status: 'waiting' });
});

test('a stop file is seen, and gone when the sweep goes on', () => {
  const keeper = create(temporaryFolder());
  expect(keeper.stopRequested()).toBe(false);
  writeFileSync(join(keeper.folder, 'stop'), '');
  expect(keeper.stopRequested()).toBe(true);
  keeper.close();
  expect(existsSync(join(keeper.folder, 'stop'))).toBe(false);
});

test('the newest comes first; one is found by path or id', () => {
  const output = temporaryFolder();
  const [old, recent] = [create(output, new Date(1e12)), create(output, new Date(2e12))];
  expect(listSweeps(output).map(({ folder }) => folder)).toEqual([recent.folder, old.folder]);
  expect(findSweep(old.sweep.id, output)).toBe(old.folder);
  expect(findSweep(old.folder, '/nowhere')).toBe(old.folder);
  expect(() => findSweep('none', output)).toThrow('There is no sweep "none"');
  expect(listSweeps(join(output, 'empty'))).toEqual([]);
  for (const keeper of [old, recent]) keeper.close();
});

describe('what is none of ours is no sweep', () => {
  const run = { seed: 0, status: 'done' };
  const whole = {
    id: 'x',
    name: 'x',
    config: 'x',
    created: '',
    updated: '',
    sets: [],
    parallel: 1,
    stopHopeless: false,
    runs: [run],
  };
  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['no runs', JSON.stringify({ ...whole, runs: undefined })],
    ['a run that is none', JSON.stringify({ ...whole, runs: [null] })],
    ['a status that is none', JSON.stringify({ ...whole, runs: [{ ...run, status: 'toString' }] })],
    ['a relative folder', JSON.stringify({ ...whole, runs: [{ ...run, folder: '../x' }] })],
    ['a set that is no text', JSON.stringify({ ...whole, sets: [1] })],
  ])('%s', (_, text) => {
    const folder = join(temporaryFolder(), 'sweep');
    mkdirSync(folder);
    writeFileSync(join(folder, 'sweep.json'), JSON.stringify(whole));
    expect(readSweep(folder)?.sweep.id).toBe('x');
    writeFileSync(join(folder, 'sweep.json'), text);
    expect(readSweep(folder)).toBeUndefined();
    expect(() => SweepKeeper.reopen(folder)).toThrow('holds no sweep');
    expect(readdirSync(folder)).toEqual(['sweep.json']);
  });
});
