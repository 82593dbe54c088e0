/** @file Looks at data files: askers share one, a look at all rows wins, and whoever waits gets the answer for the file as it is. */
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import type { Survey } from '../../../runtime/contract/api/data.ts';
import { SharedLooks } from '../../../src/data/sharedLooks.ts';
import type { Looked } from '../../../src/data/sharedLooks.ts';

const survey = (looked: number): Survey => ({
  rows: 9,
  bytes: 9,
  unit: 'line',
  excluded: 0,
  looked,
  lints: [],
});

interface Call {
  readonly all: boolean;
  readonly signal: AbortSignal;
  readonly answer: (looked: Looked) => void;
  readonly fail: (error: Error) => void;
}

/** Looks whose answers the test gives, at a file that the test changes. */
function scene() {
  const calls: Call[] = [];
  const told: string[] = [];
  let version = 1;
  const looks = new SharedLooks({
    question: () => String(version),
    look: (_, all, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<Looked>();
      signal.addEventListener('abort', () => {
        reject(new UserError('cancelled', 'Cancelled.'));
      });
      calls.push({ all, signal, answer: resolve, fail: reject });
      return promise;
    },
    changed: (file) => told.push(file),
  });
  const touch = (): void => {
    version += 1;
  };
  return { looks, calls, told, touch };
}

test('a check of all rows serves who asks for less', async () => {
  const { looks, calls, told } = scene();
  const all = looks.ask('a', { all: true });
  const some = looks.ask('a');
  expect(calls.map((call) => [call.all, call.signal.aborted])).toEqual([[true, false]]);
  calls[0]!.answer({ survey: survey(9) });
  expect(await Promise.all([all, some])).toEqual([survey(9), survey(9)]);
  expect([looks.get('a')?.survey, told]).toEqual([survey(9), ['a']]);
});

test('a sample that goes on is no check of all rows, and does not replace one', async () => {
  const { looks, calls } = scene();
  const some = looks.ask('a');
  const all = looks.ask('a', { all: true });
  expect(calls.map((call) => call.all)).toEqual([false, true]);
  calls[1]!.answer({ survey: survey(9) });
  await all;
  calls[0]!.answer({ survey: survey(2) });
  expect(await some).toEqual(survey(2));
  expect(looks.get('a')?.survey).toEqual(survey(9));
});

test('where all rows were counted they are counted again, until the file changes', async () => {
  const { looks, calls, touch } = scene();
  const first = looks.ask('a', { all: true });
  calls[0]!.answer({ survey: survey(9) });
  await first;
  const again = looks.ask('a');
  calls[1]!.answer({ survey: survey(9) });
  await again;
  touch();
  const changed = looks.ask('a');
  calls[2]!.answer({ survey: survey(2) });
  await changed;
  expect(calls.map((call) => call.all)).toEqual([true, true, false]);
});

test('who asked before the file changed gets the answer for the changed file', async () => {
  const { looks, calls, touch } = scene();
  const saved = looks.ask('a');
  touch();
  looks.forget('a');
  const listed = looks.ask('a');
  expect(calls[0]!.signal.aborted).toBe(true);
  // The helper's answer never comes before whoever waited has asked anew.
  await setImmediate();
  calls[1]!.answer({ survey: survey(2) });
  expect(await Promise.all([saved, listed])).toEqual([survey(2), survey(2)]);
  expect(calls).toHaveLength(2);
});

test('a touch that changed nothing ends nothing and forgets nothing', async () => {
  const { looks, calls, touch } = scene();
  const asked = looks.ask('a');
  looks.forget('a');
  calls[0]!.answer({ survey: survey(2) });
  await asked;
  looks.forget('a');
  expect(looks.get('a')?.survey).toEqual(survey(2));
  touch();
  looks.forget('a');
  expect(looks.get('a')).toBeUndefined();
});

test('a look ends when nobody waits for it any more', async () => {
  const { looks, calls, told } = scene();
  const [one, two] = [new AbortController(), new AbortController()];
  const asked = [one, two].map(({ signal }) => looks.ask('a', { signal }));
  one.abort();
  expect(await asked[0]).toBeUndefined();
  expect(calls[0]!.signal.aborted).toBe(false);
  two.abort();
  expect(await asked[1]).toBeUndefined();
  expect([calls[0]!.signal.aborted, told]).toEqual([true, []]);
  void looks.ask('a');
  expect(calls).toHaveLength(2);
});

test('why there is no survey, or no tokens in it', async () => {
  const { looks, calls } = scene();
  const failing = looks.ask('a');
  calls[0]!.fail(new UserError('file-missing', 'does not exist.'));
  expect(await failing).toBeUndefined();
  expect(looks.get('a')).toMatchObject({ survey: undefined, reason: 'does not exist.' });
  const uncounted = looks.ask('a');
  calls[1]!.answer({ survey: survey(9), uncounted: 'No base.' });
  await uncounted;
  expect(looks.get('a')).toMatchObject({ survey: survey(9), reason: 'No base.' });
});

test('a bug of ours reaches each asker, and the next one asks anew', async () => {
  const { looks, calls } = scene();
  const asked = [looks.ask('a'), looks.ask('a')];
  calls[0]!.fail(new TypeError('bug'));
  for (const one of asked) await expect(one).rejects.toThrow('bug');
  void looks.ask('a');
  expect(calls).toHaveLength(2);
});
