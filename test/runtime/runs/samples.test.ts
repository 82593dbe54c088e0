/** @file The last loss of each row. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLastSamples } from '../../../runtime/runs/samples.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const line = (step: number, rows: number[], losses: (number | null)[]): string =>
  `${JSON.stringify({ step, rows, losses, tokens: rows, supervised: rows })}\n`;

test('the latest loss counts, also after a resume; what is no number is left out', () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'samples.jsonl'),
    line(1, [0, 1], [5, 6]) +
      line(2, [2], [null]) +
      line(3, [0], [4]) +
      '{"event":"resumed","fromStep":1}\n' +
      line(2, [1], [3]),
  );
  expect([...readLastSamples(folder)]).toEqual([
    [0, 4],
    [1, 3],
  ]);
  expect(readLastSamples(join(folder, 'none')).size).toBe(0);
});
