/** @file Steps on their way to a page: nothing lost, nothing twice, whatever ends or begins anew meanwhile. */
import { expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { flatten, packSteps, unflatten } from '../../../runtime/contract/steps.ts';
import type { CodedParts, FlatParts, RunPart } from '../../../runtime/contract/steps.ts';
import { codedParts } from '../../../runtime/serve/codedParts.ts';
import { FollowedRun } from '../../../src/runs/followedRun.ts';
import { runSummary, stepEvent } from '../../support/runSummary.ts';

const parts = (...steps: number[]): RunPart[] => packSteps(steps.map((step) => stepEvent(step)));
const coded = (...steps: number[]): CodedParts => codedParts(flatten(parts(...steps)));
const stepsIn = (all: readonly FlatParts[]): number[] =>
  all.flatMap(unflatten).flatMap((part) => (part.event === 'steps' ? Array.from(part.step) : []));

/** A helper that answers one question after the other, as a test says. */
function scene() {
  const follows: PromiseWithResolvers<{ steps: CodedParts; isOverview: boolean }>[] = [];
  const wholes: PromiseWithResolvers<CodedParts>[] = [];
  const told: { steps: number[]; restarted: boolean }[] = [];
  const run = new FollowedRun({
    follow: () => {
      const asked = Promise.withResolvers<{ steps: CodedParts; isOverview: boolean }>();
      follows.push(asked);
      return asked.promise.then((answer) => ({ summary: runSummary(), ...answer }));
    },
    whole: () => {
      const asked = Promise.withResolvers<CodedParts>();
      wholes.push(asked);
      return asked.promise;
    },
    tell: (steps, restarted) => told.push({ steps: stepsIn([steps]), restarted }),
  });
  return { run, follows, wholes, told };
}
const closed = new UserError('channel-closed', 'The helper ended.');

test('an overview, then all with what came meanwhile, then each new step', async () => {
  const { run, follows, wholes, told } = scene();
  follows[0]!.resolve({ steps: coded(1, 5), isOverview: true });
  const loaded = await run.load();
  expect([stepsIn(loaded.steps), loaded.isOverview]).toEqual([[1, 5], true]);
  const whole = run.whole();
  run.take(parts(6), false);
  await Promise.resolve();
  await Promise.resolve();
  wholes[0]!.resolve(coded(1, 2, 3, 4, 5));
  expect(stepsIn(await whole)).toEqual([1, 2, 3, 4, 5, 6]);
  run.take(parts(7), false);
  expect(told).toEqual([{ steps: [7], restarted: false }]);
  expect(follows).toHaveLength(1);
});

test('a short run comes whole', async () => {
  const { run, follows, wholes, told } = scene();
  follows[0]!.resolve({ steps: coded(1, 2), isOverview: false });
  const loaded = await run.load();
  expect([stepsIn(loaded.steps), loaded.isOverview, wholes.length]).toEqual([[1, 2], false, 0]);
  run.take(parts(1), true);
  expect(told).toEqual([{ steps: [1], restarted: true }]);
});

test('a file that begins anew while all is read is read from its beginning', async () => {
  const { run, follows } = scene();
  const loading = run.load();
  follows[0]!.resolve({ steps: coded(1, 2, 3), isOverview: false });
  run.take(parts(1), true);
  await expect.poll(() => follows.length).toBe(2);
  follows[1]!.resolve({ steps: coded(1), isOverview: false });
  expect(stepsIn((await loading).steps)).toEqual([1]);
});

test('what could not be read is asked for again', async () => {
  const { run, follows } = scene();
  follows[0]!.reject(closed);
  await expect(run.load()).rejects.toBe(closed);
  const loading = run.load();
  follows[1]!.resolve({ steps: coded(1), isOverview: false });
  expect(stepsIn((await loading).steps)).toEqual([1]);
});

test('a page that is loaded once more hears nothing twice', async () => {
  const { run, follows, told } = scene();
  follows[0]!.resolve({ steps: coded(1), isOverview: false });
  await run.load();
  const loading = run.load();
  run.take(parts(2), false);
  follows[1]!.resolve({ steps: coded(1), isOverview: false });
  expect(stepsIn((await loading).steps)).toEqual([1, 2]);
  expect(told).toEqual([]);
});

test('a new helper: all is told anew, and steps go on, though the page waited for the old one', async () => {
  const { run, follows, wholes, told } = scene();
  follows[0]!.resolve({ steps: coded(1), isOverview: true });
  await run.load();
  const waiting = run.whole().catch(() => 'ended');
  await expect.poll(() => wholes.length).toBe(1);
  wholes[0]!.reject(closed);
  expect(await waiting).toBe('ended');
  const again = run.again();
  follows[1]!.resolve({ steps: coded(1, 2), isOverview: false });
  expect((await again)?.record.id).toBe('one');
  run.take(parts(3), false);
  expect(told.map(({ steps }) => steps).flat()).toEqual([1, 2, 3]);
  expect(told[0]!.restarted).toBe(true);
});

test('a helper that ends again is nothing to say; a run that is gone is', async () => {
  const { run, follows } = scene();
  const ended = run.again();
  follows[1]!.reject(closed);
  expect(await ended).toBeUndefined();
  const gone = run.again();
  follows[2]!.reject(new UserError('no-run', 'There is no run.'));
  await expect(gone).rejects.toMatchObject({ code: 'no-run' });
});
