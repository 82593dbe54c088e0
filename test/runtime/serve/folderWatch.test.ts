/** @file Watching folders that come, change and go. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { gather, watchFolder } from '../../../runtime/serve/folderWatch.ts';
import type { Watch } from '../../../runtime/serve/folderWatch.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
const open: Watch[] = [];
afterEach(() => {
  for (const watch of open.splice(0)) watch.close();
});

/** A watch whose next change can be awaited. */
function watched(folder: string) {
  let told: (() => void) | undefined;
  open.push(watchFolder(folder, () => told?.()));
  return {
    change: (): Promise<void> =>
      new Promise((resolve) => {
        told = resolve;
      }),
  };
}

test('a file in the folder is a change', async () => {
  const folder = join(root, 'plain');
  mkdirSync(folder);
  const { change } = watched(folder);
  const next = change();
  writeFileSync(join(folder, 'a'), '1');
  await next;
});

test('a folder that comes later, with its parents, is noticed, and goes on being watched when it comes again', async () => {
  const folder = join(root, 'later', 'deep', 'runs');
  const { change } = watched(folder);
  for (let round = 0; round < 2; round++) {
    const came = change();
    mkdirSync(folder, { recursive: true });
    await came;
    const filled = change();
    writeFileSync(join(folder, 'a'), '1');
    await filled;
    const went = change();
    rmSync(join(root, 'later'), { recursive: true });
    await went;
  }
});

test('calls are gathered: one at once, one after the last', async () => {
  let count = 0;
  let told: (() => void) | undefined;
  const { call } = gather(() => {
    count++;
    told?.();
  }, 20);
  const work = () =>
    new Promise<void>((resolve) => {
      told = resolve;
    });
  const first = work();
  for (let i = 0; i < 10; i++) call();
  await first;
  expect(count).toBe(1);
  const second = work();
  for (let i = 0; i < 10; i++) call();
  await second;
  expect(count).toBe(2);
});
