/** @file Keys put a check off, files don't: however fast something is written, a typed text gets its report. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CheckTurns } from '../../../src/config/checkTurns.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Checks that end when they are told to; what became of each. */
function turns() {
  const checks: { signal: AbortSignal; end: () => Promise<void> }[] = [];
  const made = new CheckTurns(
    (signal) =>
      new Promise((resolve) => {
        checks.push({
          signal,
          end: async () => {
            resolve();
            await vi.advanceTimersByTimeAsync(0);
          },
        });
      }),
  );
  return { made, checks };
}

test('keys put the check off, and end the one of the old text', async () => {
  const { made, checks } = turns();
  for (let key = 0; key < 5; key++) {
    made.textChanged(150);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(checks).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(50);
  expect(checks).toHaveLength(1);
  made.textChanged(150);
  expect(checks[0]!.signal.aborted).toBe(true);
  await checks[0]!.end();
  await vi.advanceTimersByTimeAsync(150);
  expect(checks.map(({ signal }) => signal.aborted)).toEqual([true, false]);
});

test('a file that is written every hundredth of a second neither puts off nor ends the check of a text', async () => {
  const { made, checks } = turns();
  made.textChanged(150);
  for (let i = 0; i < 15; i++) {
    await vi.advanceTimersByTimeAsync(10);
    made.surroundingsChanged(500);
  }
  expect(checks).toHaveLength(1);
  for (let i = 0; i < 100; i++) {
    made.surroundingsChanged(500);
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(checks.map(({ signal }) => signal.aborted)).toEqual([false]);
});

test('what changed during a check is seen by one more after it', async () => {
  const { made, checks } = turns();
  made.surroundingsChanged(500);
  await vi.advanceTimersByTimeAsync(500);
  made.surroundingsChanged(500);
  made.surroundingsChanged(0);
  made.surroundingsChanged(500);
  await vi.advanceTimersByTimeAsync(5000);
  expect(checks).toHaveLength(1);
  await checks[0]!.end();
  expect(checks).toHaveLength(2);
  await checks[1]!.end();
  await vi.advanceTimersByTimeAsync(5000);
  expect(checks).toHaveLength(2);
});

test('a new text needs no further check for what changed before it', async () => {
  const { made, checks } = turns();
  made.textChanged(0);
  await vi.advanceTimersByTimeAsync(0);
  made.surroundingsChanged(500);
  made.textChanged(0);
  await checks[0]!.end();
  await vi.advanceTimersByTimeAsync(0);
  await checks[1]!.end();
  await vi.advanceTimersByTimeAsync(5000);
  expect(checks).toHaveLength(2);
});

test('nothing is checked once it is stopped', async () => {
  const { made, checks } = turns();
  made.textChanged(150);
  made.stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(checks).toHaveLength(0);
});
