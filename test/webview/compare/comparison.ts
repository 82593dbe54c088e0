/** @file A comparison for tests of what shows it: two groups, the first with two seeds. */
import type { ComparedRun, Comparison } from '../../../runtime/contract/api/compare.ts';

const run = (label: string, group: number, seed: number, best: number): ComparedRun => ({
  folder: `/${label}`,
  label,
  seed,
  status: 'done',
  group,
  metrics: { step: 10, steps: 10, seconds: 5, best: { step: 10, loss: best }, train: best },
});

export const comparison: Comparison = {
  runs: [run('a · seed 0', 0, 0, 1), run('a · seed 1', 0, 1, 3), run('b', 1, 0, 2)],
  groups: [
    {
      label: 'a',
      runs: [0, 1],
      counted: [0, 1],
      best: { n: 2, mean: 2, half: 12.7 },
      train: { n: 2, mean: 2, half: 12.7 },
    },
    { label: 'b', runs: [2], counted: [2], best: { n: 1, mean: 2 }, train: { n: 1, mean: 2 } },
  ],
  changes: ['rank 4 → 8, seeds 0, 1 → 0'],
  rows: [{ section: 'config', name: 'method.rank', values: ['4', '4', '8'], differs: true }],
};
