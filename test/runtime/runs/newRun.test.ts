/** @file A new run's folder: whole from its first moment, named by time, config and variant. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { createRunFolder } from '../../../runtime/runs/newRun.ts';
import { readSummary } from '../../../runtime/runs/read.ts';
import { runConfig } from '../../support/runConfig.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
const created = new Date('2026-03-01T10:00:31.500Z');
const newRun = (output: string) => ({
  config: runConfig(output),
  configText: '{ /* as written */ }',
  configFile: join(root, 'my tickets.adapter.json'),
  device: 'cpu',
  versions: { node: 'x' },
  hashes: { train: 'ab' },
});

test('it holds the lock, the record, the config as written and as resolved', () => {
  const output = join(root, 'deep', 'runs');
  const { folder, record, release } = createRunFolder(
    { ...newRun(output), variant: 'rank 64, größer', parent: 'p' },
    created,
  );
  expect(readdirSync(output)).toEqual([basename(folder)]);
  expect(record.id).toMatch(/^20260301T100031Z-my-tickets-rank-64-gro-er-[0-9a-f]{6}$/);
  expect(readdirSync(folder).sort()).toEqual([
    'config.jsonc',
    'config.resolved.json',
    'log.txt',
    'metrics.jsonl',
    'run.json',
    'run.lock',
    'samples.jsonl',
  ]);
  expect(readFileSync(join(folder, 'config.jsonc'), 'utf8')).toBe('{ /* as written */ }');
  expect(JSON.parse(readFileSync(join(folder, 'config.resolved.json'), 'utf8'))).toEqual(runConfig(output));
  expect(readSummary(folder)).toMatchObject({
    pid: process.pid,
    record: {
      status: 'waiting',
      name: 'my tickets',
      variant: 'rank 64, größer',
      parent: 'p',
      seed: 7,
      created: '2026-03-01T10:00:31.500Z',
      hashes: { train: 'ab' },
    },
  });
  release();
  expect(existsSync(join(folder, 'run.lock'))).toBe(false);
  expect(readSummary(folder)?.record.status).toBe('interrupted');
});

test('two runs of one second have folders of their own', () => {
  const output = join(root, 'two');
  mkdirSync(output);
  const folders = [1, 2].map(() => createRunFolder(newRun(output), created).folder);
  expect(new Set(folders).size).toBe(2);
});

test('nothing is left where it cannot be made', () => {
  const output = join(root, 'file');
  writeFileSync(output, '');
  expect(() => createRunFolder(newRun(output), created)).toThrow(/cannot be written/);
});
