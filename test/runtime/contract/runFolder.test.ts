/** @file Folders of runs are told by the ids that runs get, and by nothing that merely looks alike. */
import { expect, test } from 'vitest';
import { isRunsOwn, pathInRun } from '../../../runtime/contract/runFolder.ts';
import { runFiles, runId } from '../../../runtime/runs/names.ts';

const ids = [
  runId(new Date('2026-03-01T09:08:07.123Z'), 'tickets.adapter.json', undefined, 'abc123'),
  runId(new Date('2026-03-01T09:08:07Z'), 'e vil?.json', 'a/b: "c"', '000000'),
  // no letter that a folder's name may have: the id has no stem
  runId(new Date('2026-03-01T09:08:07Z'), '日本.json', '...', 'ffffff'),
];

test('what lies below a folder with the id of a run', () => {
  for (const id of ids) {
    expect(pathInRun(`runs/${id}/${runFiles.metrics}`)).toBe('metrics.jsonl');
    expect(pathInRun(`C:\\w\\runs\\${id}\\adapter\\a.json`)).toBe('adapter\\a.json');
    expect(pathInRun(`${id}/run.json`)).toBe('run.json');
  }
});

test.each([
  'runs/20260301T090807Z-tickets-abc123',
  'runs/20260301T090807Z-tickets-abc123.jsonl',
  'runs/20260301T090807Z-tickets/answers.jsonl',
  'runs/20260301-tickets-abc123/answers.jsonl',
  'x20260301T090807Z-tickets-abc123/answers.jsonl',
  'answers.jsonl',
])('%s lies in no run', (path) => {
  expect(pathInRun(path)).toBeUndefined();
  expect(isRunsOwn(path)).toBe(false);
});

test('records and steps are the run’s own, weights are for others too', () => {
  const [id] = ids;
  const { record, metrics, samples, answers, trainerState, resolvedConfig } = runFiles;
  for (const name of [record, metrics, samples, answers, trainerState, resolvedConfig])
    expect(isRunsOwn(`runs/${id}/${name}`)).toBe(true);
  expect(isRunsOwn(`runs/${id}/adapter/adapter_model.safetensors`)).toBe(false);
});
