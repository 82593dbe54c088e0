/** @file Each step finds its rows and its tokens' losses, through kills and resumes. */
import { existsSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SamplesLine } from '../../../runtime/contract/run.ts';
import { readStep, StepLog } from '../../../runtime/runs/stepLog.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();

/** A step whose numbers follow from its number and a seed; its rows have 0 to 4 tokens. */
function stepOf(step: number, seed = 0): { line: SamplesLine; losses: Float32Array } {
  const supervised = [(step + seed) % 5, (step * 3 + seed) % 4];
  const rows = supervised.map((count, row) =>
    Float32Array.from({ length: count }, (_, i) => Math.sin(step * 7 + row * 5 + i + seed) + 2),
  );
  const mean = (losses: Float32Array): number =>
    losses.reduce((sum, loss) => sum + loss, 0) / Math.max(1, losses.length);
  const line = { step, rows: [step, step + 1], losses: rows.map(mean), tokens: [9, 9], supervised };
  return { line, losses: Float32Array.from(rows.flatMap((row) => [...row])) };
}

const expected = (step: number, seed = 0) => {
  const { line, losses } = stepOf(step, seed);
  const first = line.supervised[0]!;
  return { samples: line, tokenLosses: [losses.subarray(0, first), losses.subarray(first)] };
};

let made = 0;
function write(steps: number, seed = 0): string {
  const folder = join(root, `run-${made++}`);
  mkdirSync(folder);
  const log = new StepLog(folder);
  for (let step = 1; step <= steps; step++) log.add(stepOf(step, seed).line, stepOf(step, seed).losses);
  log.close();
  return folder;
}

test('each step has its rows and their tokens', () => {
  const folder = write(30);
  for (let step = 1; step <= 30; step++) expect(readStep(folder, step)).toEqual(expected(step));
  for (const step of [0, 31, -1, 1.5, NaN]) expect(readStep(folder, step)).toBeUndefined();
});

describe('a resume', () => {
  test('replaces what came after its checkpoint', () => {
    const folder = write(10);
    const log = new StepLog(folder);
    log.resumed(4);
    expect(readStep(folder, 5)).toBeUndefined();
    for (const step of [5, 6]) log.add(stepOf(step, 9).line, stepOf(step, 9).losses);
    log.sync();
    log.close();
    for (const step of [1, 2, 3, 4]) expect(readStep(folder, step)).toEqual(expected(step));
    for (const step of [5, 6]) expect(readStep(folder, step)).toEqual(expected(step, 9));
    expect(readStep(folder, 7)).toBeUndefined();
    const tokens = [1, 2, 3, 4].map((step) => stepOf(step)).concat([5, 6].map((step) => stepOf(step, 9)));
    const count = tokens.reduce((sum, { losses }) => sum + losses.length, 0);
    expect(statSync(join(folder, 'token-losses.f32')).size).toBe(4 * count);
  });

  test('of a run without an index: its steps have rows, the new ones tokens too', () => {
    const folder = write(3);
    for (const name of ['steps.index', 'token-losses.f32']) rmSync(join(folder, name));
    const log = new StepLog(folder);
    log.resumed(3);
    log.add(stepOf(4).line, stepOf(4).losses);
    log.close();
    for (const step of [1, 2, 3]) expect(readStep(folder, step)).toEqual({ samples: stepOf(step).line });
    expect(readStep(folder, 4)).toEqual(expected(4));
  });
});

test('files cut at any byte give whole steps, or rows alone, or nothing; and the run goes on', () => {
  const file = fc.constantFrom('samples.jsonl', 'token-losses.f32', 'steps.index');
  fc.assert(
    fc.property(file, fc.double({ min: 0, max: 1, noNaN: true }), (name, share) => {
      const folder = write(8);
      const path = join(folder, name);
      truncateSync(path, Math.floor(statSync(path).size * share));
      const check = (upTo: number): void => {
        for (let step = 1; step <= upTo; step++) {
          const read = readStep(folder, step);
          if (read?.tokenLosses !== undefined) expect(read).toEqual(expected(step));
          else if (read !== undefined) expect(read.samples).toEqual(expected(step).samples);
        }
      };
      check(8);
      const log = new StepLog(folder);
      log.resumed(2);
      log.add(stepOf(3).line, stepOf(3).losses);
      log.close();
      check(2);
      expect(readStep(folder, 3)).toEqual(expected(3));
    }),
    { numRuns: 60 },
  );
});

test('losses that are not those of the row are left out', () => {
  const folder = write(2);
  writeFileSync(join(folder, 'token-losses.f32'), new Float32Array(20).fill(1));
  expect(readStep(folder, 2)).toEqual({ samples: stepOf(2).line });
  expect(existsSync(join(folder, 'steps.index'))).toBe(true);
});
