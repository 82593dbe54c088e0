/** @file Thousands of files: which of them are looked into, and which are counted. */
import { expect, test } from 'vitest';
import {
  countedByThemselves,
  DatasetLooks,
  mayBeDataset,
  sameEntries,
} from '../../../src/data/datasetLooks.ts';

test.each([
  'package.json',
  'a/package-lock.json',
  'a/deno.lock.json',
  'tsconfig.build.json',
  'a/jsconfig.json',
  'a/x.adapter.json',
  '.vscode/tasks.json',
  'a/.cache/x/chats.json',
  'a\\package.json',
  'a/launchSettings.json',
  'a/appsettings.Development.json',
  'base/tokenizer.json',
  'base/tokenizer_config.json',
  'base/special_tokens_map.json',
  'base/vocab.json',
  'base/model.safetensors.index.json',
  'a/TSCONFIG.JSON',
])('%s holds settings, and is never looked into', (path) => {
  expect(mayBeDataset(path)).toBe(false);
});

const run = 'runs/20260301T090807Z-tickets-abc123';

test.each([
  `${run}/run.json`,
  `${run}/answers.jsonl`,
  `${run}/metrics.jsonl`,
  `${run}/config.resolved.json`,
  `${run}/checkpoint-8/trainer_state.json`,
  `${run}/adapter/notes.json`,
  // the folder was renamed
  'best/run.json',
  'best/metrics.jsonl',
  'best/samples.jsonl',
  'best/checkpoint-8/trainer_state.json',
])('%s belongs to a run, and is never looked into', (path) => {
  expect(mayBeDataset(path)).toBe(false);
});

test.each([
  'chats.json',
  'a/chats.json',
  'a\\b.json',
  'a/config.jsonl',
  'clock.json',
  'unlocked_dialogs.json',
  'reindexed.json',
  'block-train.json',
  'packages.json',
  'dry-run.json',
  'answers.jsonl',
  'a/rerun.json',
  'package/chats.json',
  'a/.hidden/chats.jsonl',
])('%s may be a dataset', (path) => {
  expect(mayBeDataset(path)).toBe(true);
});

test('lists are the same where the same files are used in the same order', () => {
  const entry = { path: '/a', used: true };
  expect(sameEntries([entry], [{ ...entry }])).toBe(true);
  for (const other of [[], [{ path: '/b', used: true }], [{ path: '/a', used: false }], [entry, entry]])
    expect(sameEntries([entry], other)).toBe(false);
});

test('five thousand files are looked into once each, fifty a question; a changed one again', async () => {
  const asked: number[] = [];
  const looks = new DatasetLooks((files) => {
    asked.push(files.length);
    return Promise.resolve(files.map((file) => (/[02468]\.json$/.test(file) ? 'chat' : null)));
  });
  const paths = Array.from({ length: 5000 }, (_, i) => `/a/${i}.json`);
  expect(await looks.among(paths)).toHaveLength(2500);
  expect([asked.length, Math.max(...asked)]).toEqual([100, 50]);
  looks.forget('/a/7.json');
  await looks.among(paths);
  expect(asked.slice(100)).toEqual([1]);
});

test('all used files are counted, and of the others the first fifty that are small', () => {
  let sizes = 0;
  const entries = Array.from({ length: 5000 }, (_, i) => ({ path: String(i), used: i < 3 }));
  const counted = countedByThemselves(entries, (path) => {
    sizes += 1;
    return path === '4' ? 6e6 : 100;
  });
  expect([counted.length, sizes]).toEqual([52, 50]);
  expect(counted.slice(0, 5)).toEqual(['0', '1', '2', '3', '5']);
});
