/** @file One followed run: nothing lost between the first reading and the first change, silence after the end. */
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Follower } from '../../../runtime/serve/follower.ts';
import type { Reading } from '../../../runtime/serve/eventTail.ts';
import { makeRun } from '../../support/runFolder.ts';
import { stepEvent } from '../../support/runSummary.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();

/** A follower whose reports can be awaited one by one. */
function follow(folder: string) {
  const readings: Reading[] = [];
  let wake: (() => void) | undefined;
  const follower = new Follower(folder, (reading) => {
    readings.push(reading);
    wake?.();
  });
  const next = async (): Promise<Reading> => {
    while (readings.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return readings.shift()!;
  };
  return { follower, next, readings };
}

test('what is written right after the start is in the first reading or in the next, never in both', async () => {
  const run = makeRun(root, 'early');
  run.append(stepEvent(1));
  const { follower, next } = follow(run.folder);
  run.append(stepEvent(2));
  const seen = [...(await follower.events())];
  while (seen.length < 2) seen.push(...(await next()).events);
  expect(seen).toEqual([stepEvent(1), stepEvent(2)]);
  follower.close();
});

test('the first reading is there for who asks later, when more was told already', async () => {
  const run = makeRun(root, 'later');
  const { follower, readings } = follow(run.folder);
  // the first reading may meet any of these; once something is told it is over
  const written = [];
  while (readings.length === 0) {
    const event = stepEvent(written.length + 1);
    written.push(event);
    run.append(event);
    await setImmediate();
  }
  const seen = [...(await follower.events()), ...readings[0]!.events];
  expect(seen.length).toBeGreaterThan(0);
  expect(seen).toEqual(written.slice(0, seen.length));
  expect(await follower.events()).toEqual([]);
  follower.close();
});

test('a run without metrics yet is followed from nothing', async () => {
  const run = makeRun(root, 'empty');
  const { follower, next } = follow(run.folder);
  expect(await follower.events()).toEqual([]);
  run.append(stepEvent(1));
  expect((await next()).events).toEqual([stepEvent(1)]);
  follower.close();
});

test('after the end nothing is told', async () => {
  const run = makeRun(root, 'closed');
  const { follower, readings } = follow(run.folder);
  await follower.events();
  follower.close();
  run.append(stepEvent(1));
  const other = follow(run.folder);
  expect(await other.follower.events()).toEqual([stepEvent(1)]);
  other.follower.close();
  expect(readings).toEqual([]);
});
