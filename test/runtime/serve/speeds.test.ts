/** @file What is kept of measurements: each run read once until it ends, the devices when their file changes. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RunSummary } from '../../../runtime/contract/api/runs.ts';
import type { RunSpeed } from '../../../runtime/contract/run.ts';
import { writeDeviceReports } from '../../../runtime/formats/deviceReports.ts';
import { KnownSpeeds } from '../../../runtime/serve/speeds.ts';
import { runSummary } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
beforeEach(() => {
  vi.stubEnv('ADAPTER_WORKBENCH_CACHE', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const summary = (id: string, changes: Partial<RunSummary['record']> = {}): RunSummary =>
  runSummary({ id, status: 'done', step: 9, ...changes }, { folder: `/runs/${id}` });

test('a run is read once while it goes on and once when it has ended, the newest first', async () => {
  let runs = [
    summary('old', { created: '2026-01-01' }),
    summary('live', { created: '2026-02-01', status: 'running' }),
    summary('young', { step: 4 }),
  ];
  const read: string[] = [];
  const speeds = new KnownSpeeds(
    () => runs,
    ({ record }) => {
      read.push(record.id);
      return { run: record.id, tokens: record.step } as RunSpeed;
    },
  );
  expect(speeds.known.runs).toEqual([]);
  expect(await speeds.refresh()).toBe(true);
  expect(speeds.known.runs.map(({ run }) => run)).toEqual(['live', 'old']);
  const { known } = speeds;
  runs = [runs[0]!, summary('live', { created: '2026-02-01', status: 'running', step: 50 })];
  expect(await speeds.refresh()).toBe(false);
  expect(speeds.known).toBe(known);
  runs = [runs[0]!, summary('live', { created: '2026-02-01', step: 100 })];
  expect(await speeds.refresh()).toBe(true);
  expect(read).toEqual(['live', 'old', 'live']);
  runs = [runs[0]!];
  expect(await speeds.refresh()).toBe(true);
  expect(speeds.known.runs.map(({ run }) => run)).toEqual(['old']);
});

test("the CPU's rate comes with the devices' file", async () => {
  const speeds = new KnownSpeeds(() => []);
  await speeds.refresh();
  expect(speeds.known.gigaflops).toBeUndefined();
  const cpu = { provider: 'cpu', name: 'x', state: 'verified', gigaflops: 92 } as const;
  writeDeviceReports(folder, { measured: 'now', devices: [cpu] });
  expect(await speeds.refresh()).toBe(true);
  expect(speeds.known.gigaflops).toBe(92);
  expect(await speeds.refresh()).toBe(false);
});
