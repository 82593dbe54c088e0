/** @file The table after several variants. */
import { expect, test } from 'vitest';
import { comparisonLines } from '../../../runtime/cli/comparison.ts';
import { startProgress } from '../../../runtime/cli/progress.ts';

test('one row a variant; what was not measured is empty', () => {
  const lines = comparisonLines(
    [
      {
        variant: 'base',
        progress: { ...startProgress('', 200), step: 200, loss: 0.0312, best: 0.5, seconds: 31 },
      },
      { variant: 'rank 64', progress: startProgress('', 10) },
    ],
    80,
  );
  expect(lines).toEqual([
    'Variant    Steps    Loss  Best validation  Time',
    '───────  ───────  ──────  ───────────────  ────',
    'base     200/200  0.0312            0.500  31 s',
    'rank 64     0/10                            0 s',
  ]);
});
