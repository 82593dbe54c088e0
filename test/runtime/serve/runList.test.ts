/** @file The list of runs as it changes: several folders, thousands of runs, a newer set of folders. */
import { mkdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { ServeEvents } from '../../../runtime/contract/protocol.ts';
import { readSummary } from '../../../runtime/runs/read.ts';
import { RunList } from '../../../runtime/serve/runList.ts';
import { makeRun } from '../../support/runFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
const lists: RunList[] = [];
afterEach(() => {
  for (const list of lists.splice(0)) list.dispose();
});

/** A list whose next message can be awaited. */
function newList() {
  const told: ServeEvents['runs/changed'][] = [];
  let wake: (() => void) | undefined;
  const list = new RunList({
    changed: (message) => {
      told.push(message);
      wake?.();
    },
  });
  lists.push(list);
  const next = async (): Promise<ServeEvents['runs/changed']> => {
    while (told.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return told.shift()!;
  };
  return { list, next };
}

const ids = (runs: readonly { record: { id: string } }[]): string[] =>
  runs.map(({ record }) => record.id).sort();

test('a folder that is named twice is listed once, a folder without runs is empty', async () => {
  const output = join(root, 'twice');
  makeRun(output, 'a', { status: 'done' });
  mkdirSync(join(output, 'notes'));
  const { list } = newList();
  expect(ids(await list.watch([output, output, join(root, 'none')]))).toEqual(['a']);
});

test('other folders replace those before, whose changes are no longer told', async () => {
  const [first, second] = [join(root, 'first'), join(root, 'second')];
  makeRun(first, 'a', { status: 'done' });
  const b = makeRun(second, 'b', { status: 'done' });
  const { list, next } = newList();
  expect(ids(await list.watch([first]))).toEqual(['a']);
  expect(ids(await list.watch([second]))).toEqual(['b']);
  makeRun(first, 'late', { status: 'done' });
  b.record({ loss: 3 });
  const message = await next();
  expect(ids(message.runs)).toEqual(['b']);
});

test('a thousand runs are read once; a later list reads those that changed', async () => {
  const output = join(root, 'once', 'runs');
  const runs = Array.from({ length: 1000 }, (_, i) => makeRun(output, `run-${i}`, { status: 'done' }));
  for (const { folder } of runs) utimesSync(folder, 1e9, 1e9);
  const read: string[] = [];
  const list = new RunList({
    changed: () => undefined,
    read: (folder) => {
      read.push(folder);
      return readSummary(folder);
    },
  });
  lists.push(list);
  expect(await list.watch([output])).toHaveLength(1000);
  expect(read).toHaveLength(1000);
  runs[7]!.record({ loss: 3 });
  read.length = 0;
  const again = await list.watch([output]);
  expect(again.find(({ record }) => record.id === 'run-7')?.record.loss).toBe(3);
  expect(read).toEqual([runs[7]!.folder]);
});

test('two thousand runs are listed, and the deletion of their folder is one message', async () => {
  const output = join(root, 'many', 'runs');
  for (let i = 0; i < 2000; i++) makeRun(output, `run-${i}`, { status: 'done' });
  const { list, next } = newList();
  expect(await list.watch([output])).toHaveLength(2000);
  rmSync(join(root, 'many'), { recursive: true });
  let gone = 0;
  while (gone < 2000) gone += (await next()).gone.length;
  expect(gone).toBe(2000);
});
