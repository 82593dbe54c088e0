/** @file Thousands of files: which of them are looked into, and which are counted. */
import { expect, test } from 'vitest';
import { countedByThemselves, DatasetLooks, mayBeDataset } from '../../../src/data/datasetLooks.ts';

test('settings, configs and files of runs are never looked into', () => {
  const never = [
    '/a/package.json',
    '/a/package-lock.json',
    '/a/tsconfig.build.json',
    '/a/x.adapter.json',
    '/a/.vscode/tasks.json',
    '/a/base/tokenizer.json',
    '/a/runs/1/config.resolved.json',
    'C:\\a\\package.json',
    '/a/runs/1/metrics.jsonl',
  ];
  expect(never.filter(mayBeDataset)).toEqual([]);
  const maybe = [
    '/a/chats.json',
    '/.home/a/chats.json'.replace('/.home', '/home'),
    '/a/config.jsonl',
    'C:\\a\\b.json',
  ];
  expect(maybe.filter(mayBeDataset)).toEqual(maybe);
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
