/** @file Ten kills of the real training process; `npm run test:crash` makes two hundred. */
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary.ts';
import { crashRuns } from './killer.ts';

const folder = temporaryFolder();

it('a run killed ten times ends with the bytes of one that was not', async () => {
  const { kills, torn, runs } = await crashRuns(folder, 10, 1);
  expect(kills.start + kills.steps + kills.checkpoint).toBe(10);
  expect(torn).toBeGreaterThan(0);
  expect(runs).toBeGreaterThan(0);
});
