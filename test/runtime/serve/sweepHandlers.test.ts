/** @file Sweeps as the extension is told of them: listed, watched, stopped. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { SweepsEvents } from '../../../runtime/contract/api/sweeps.ts';
import { SweepKeeper } from '../../../runtime/runs/sweep.ts';
import { sweepHandlers } from '../../../runtime/serve/sweepHandlers.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const told: SweepsEvents['sweeps/changed'][] = [];
const { handlers, dispose } = sweepHandlers((_, message) => told.push(message));
afterEach(() => {
  told.length = 0;
  dispose();
});

const create = (output: string): SweepKeeper =>
  SweepKeeper.create({
    configFile: join(output, 'tickets.adapter.json'),
    configText: '{}',
    sets: [],
    output,
    parallel: 1,
    stopHopeless: false,
    runs: [{ seed: 0 }],
  });

const signal = new AbortController().signal;

test('new sweeps, changes of their runs, their end and their going on are told', async () => {
  const output = temporaryFolder();
  mkdirSync(output, { recursive: true });
  expect(await handlers['sweeps/watch']({ outputs: [output] }, signal)).toEqual({ sweeps: [] });
  const keeper = create(output);
  const now = () => told.at(-1)?.sweeps[0];
  await vi.waitFor(() => {
    expect(now()).toMatchObject({ folder: keeper.folder, pid: process.pid });
  });
  keeper.update(0, { status: 'failed', message: 'why' });
  await vi.waitFor(() => {
    expect(now()?.sweep.runs).toEqual([{ seed: 0, status: 'failed', message: 'why' }]);
  });
  keeper.close();
  await vi.waitFor(() => {
    expect(now()?.pid).toBeUndefined();
  });
  const again = SweepKeeper.reopen(keeper.folder);
  await vi.waitFor(() => {
    expect(now()).toMatchObject({ pid: process.pid, sweep: { runs: [{ status: 'waiting' }] } });
  });
  again.close();
});

test('stop leaves the file that the sweep looks for; a folder without a sweep is refused', async () => {
  const keeper = create(temporaryFolder());
  await handlers['sweep/stop']({ folder: keeper.folder }, signal);
  expect(existsSync(join(keeper.folder, 'stop'))).toBe(true);
  keeper.close();
  await expect(async () => handlers['sweep/stop']({ folder: temporaryFolder() }, signal)).rejects.toThrow(
    'There is no sweep',
  );
});

test('what a config offers', async () => {
  const { writeFileSync } = await import('node:fs');
  const file = join(temporaryFolder(), 'x.adapter.json');
  const config = {
    base: join(root, 'media/base/tiny-clerk'),
    data: { train: join(root, 'media/data/tickets/train.jsonl') },
    training: { seed: 5 },
    variants: { a: {}, b: {} },
  };
  writeFileSync(file, JSON.stringify(config));
  expect(await handlers['sweep/choices']({ config: file }, signal)).toMatchObject({
    variants: ['a', 'b'],
    seed: 5,
  });
});
