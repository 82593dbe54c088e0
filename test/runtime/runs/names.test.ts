/** @file Ids and names of runs. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configStem, rateFile, runId, sweepsFolder } from '../../../runtime/runs/names.ts';

test.each([
  ['tickets.adapter.json', 'tickets'],
  ['a/b/tickets.adapter.jsonc', 'tickets'],
  ['C:\\x\\my config.json', 'my config'],
  ['noending', 'noending'],
  ['.adapter.json', 'run'],
])('%s is called %s', (file, stem) => {
  expect(configStem(file)).toBe(stem);
});

test('an id is a file name everywhere', () => {
  const time = new Date('2026-03-01T09:08:07.654Z');
  expect(runId(time, 'x.adapter.json', undefined, 'abc123')).toBe('20260301T090807Z-x-abc123');
  expect(runId(time, '../../e vil?.json', 'a/b: "c"', 'abc123')).toBe('20260301T090807Z-e-vil-a-b-c-abc123');
  expect(runId(time, 'Läufe.json', undefined, 'abc123')).toBe('20260301T090807Z-Laufe-abc123');
  expect(runId(time, '日本.json', '...', 'abc123')).toBe('20260301T090807Z-abc123');
  expect(runId(time, `${'x'.repeat(99)}.json`, undefined, 'a').length).toBeLessThan(70);
});

test('files beside the runs: hidden, so that no list takes them for runs', () => {
  expect(rateFile('/runs', 'my config.adapter.json')).toBe(join('/runs', '.find-lr', 'my config.json'));
  expect(rateFile('/runs', 'x.adapter.json', 'a/b c')).toBe(join('/runs', '.find-lr', 'x-a-b-c.json'));
  expect(sweepsFolder('/runs')).toBe(join('/runs', '.sweeps'));
});
