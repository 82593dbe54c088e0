/** @file Several runs followed at once: what is said at first, what is told when one goes on, and which rows differ. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { CompareEvents } from '../../../runtime/contract/api/compare.ts';
import type { RunPart } from '../../../runtime/contract/steps.ts';
import { compareHandlers } from '../../../runtime/serve/compareHandlers.ts';
import { makeRun } from '../../support/runFolder.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const changed: CompareEvents['compare/changed'][] = [];
const events: CompareEvents['compare/events'][] = [];
const { handlers, dispose } = compareHandlers((...message) => {
  if (message[0] === 'compare/changed') changed.push(message[1]);
  else events.push(message[1]);
});
afterEach(() => {
  dispose();
  changed.length = 0;
  events.length = 0;
});
const signal = new AbortController().signal;

test('the comparison and all steps, then each change of a run that goes on', async () => {
  const output = temporaryFolder();
  const [a, b] = [
    makeRun(output, 'a', { status: 'done', seed: 0 }),
    makeRun(output, 'b', { status: 'running', seed: 1 }),
  ];
  a.append(stepEvent(1), stepEvent(2));
  b.append(stepEvent(1));
  writeFileSync(join(b.folder, 'run.lock'), JSON.stringify({ pid: process.pid, started: '', boot: '' }));
  const folders = [a.folder, b.folder, join(output, 'none')];
  const first = await handlers['compare/follow']({ page: 'p', folders }, signal);
  expect(first.runs.map(({ folder }) => folder)).toEqual([a.folder, b.folder]);
  expect(first.runs[0]!.parts).toMatchObject([{ event: 'steps', step: [1, 2] }]);
  expect(first.comparison.runs.map(({ metrics }) => metrics.step)).toEqual([2, 1]);
  b.append(stepEvent(2), stepEvent(3));
  await vi.waitFor(() => {
    expect(events.at(-1)).toMatchObject({ page: 'p', folder: b.folder, restarted: false });
    expect(changed.at(-1)?.comparison.runs[1]?.metrics.step).toBe(3);
  });
  expect(events.flatMap(({ parts }) => parts)).toHaveLength(1);
  b.record({ status: 'done' });
  await vi.waitFor(() => {
    expect(changed.at(-1)?.comparison.runs[1]?.status).toBe('done');
  });
  await handlers['compare/leave']({ page: 'p' }, signal);
  const before = changed.length;
  b.record({ status: 'failed' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(changed.length).toBe(before);
});

test('a run that goes on while others are read loses nothing, and nothing comes twice', async () => {
  const output = temporaryFolder();
  const [long, live] = [makeRun(output, 'long'), makeRun(output, 'live')];
  long.append(...Array.from({ length: 20_000 }, (_, i) => stepEvent(i + 1)));
  live.append(stepEvent(1));
  const asked = handlers['compare/follow']({ page: 'p', folders: [long.folder, live.folder] }, signal);
  let step = 1;
  const writing = setInterval(() => {
    live.append(stepEvent(++step));
  }, 5);
  const { runs, comparison } = await asked;
  clearInterval(writing);
  live.append(stepEvent(++step));
  const stepsIn = (parts: readonly RunPart[]): number[] =>
    parts.flatMap((part) => (part.event === 'steps' ? Array.from(part.step) : []));
  const first = stepsIn(runs[1]!.parts);
  expect(comparison.runs[1]!.metrics.step).toBe(first.at(-1));
  await vi.waitFor(() => {
    const told = events.filter(({ folder }) => folder === live.folder).flatMap(({ parts }) => stepsIn(parts));
    expect([...first, ...told]).toEqual(Array.from({ length: step }, (_, i) => i + 1));
  });
});

test('rows by the spread of their losses, only where the runs learned from the same data', async () => {
  const output = temporaryFolder();
  const make = (id: string, train: string, losses: readonly number[]) => {
    const { folder } = makeRun(output, id, { status: 'done', hashes: { train } });
    const line = { step: 1, rows: losses.map((_, i) => i), losses, tokens: losses, supervised: losses };
    appendFileSync(join(folder, 'samples.jsonl'), `${JSON.stringify(line)}\nnot a line\n`);
    return folder;
  };
  const [a, b, c] = [make('a', 'x', [1, 2, 3, 9]), make('b', 'x', [1, 5, 4]), make('c', 'y', [1])];
  const samples = async (folders: string[], most = 9) =>
    (await handlers['compare/samples']({ folders, most }, signal)).samples;
  expect(await samples([a, b])).toEqual([
    { row: 1, losses: [2, 5] },
    { row: 2, losses: [3, 4] },
  ]);
  expect(await samples([a, b], 1)).toHaveLength(1);
  expect(await samples([a, c])).toEqual([]);
  // a run that was deleted since keeps its column
  expect(await samples([join(output, 'gone'), a, b], 1)).toEqual([{ row: 1, losses: [null, 2, 5] }]);
  expect(await samples([])).toEqual([]);
});
