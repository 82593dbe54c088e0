/** @file What `find-lr` prints and refuses; the test itself is in pipelines/findRate.ort.test.ts. */
import { expect, test } from 'vitest';
import { findLr, resultLines, sparkline } from '../../../runtime/cli/findLr.ts';
import { readArguments } from '../../../runtime/cli/command.ts';
import { fakeIo } from '../../support/fakeIo.ts';

test('a plot in one line: a runaway does not flatten the rest', () => {
  expect(sparkline([8, 4, 0, 16])).toBe('▅▃▁█');
  expect(sparkline([8, 4, 0, 1e9])).toBe('▅▃▁█');
  expect(sparkline([8, 0, NaN])).toBe('█▁█');
  expect(sparkline([3, 3])).toBe('██');
});

const found = { points: [[1e-4, 8] as const, [1e-2, 4] as const], config: 'c', created: '' };

test('the result in words', () => {
  const lines = resultLines(
    { found: { ...found, suggestion: 8.4e-4, steepest: 8.4e-4, best: 1e-2, diverged: 0.1 }, file: '/x.json' },
    (path) => path.slice(1),
  );
  expect(lines).toEqual([
    '█▁',
    '1.0e-4 to 1.0e-2, one step each',
    '',
    'Suggested learning rate  8.4e-4',
    'steepest fall  8.4e-4',
    'lowest loss    1.0e-2',
    'diverged at    1.0e-1',
    'curve          x.json',
  ]);
});

test('without a fall there is no suggestion, and it says what to do', () => {
  expect(resultLines({ found, file: '/x' }, String).join('\n')).toMatch(
    /No suggestion: the loss never fell.*\nIt never diverged/,
  );
});

test.each([
  [['--steps', '5'], '--steps is a whole number from 10 on'],
  [['--steps', '20.5'], '--steps is a whole number'],
  [['--from', '0'], '--from is above 0'],
  [['--from', '1', '--to', '0.1'], 'below --to'],
])('%j is refused', async (words, message) => {
  const args = readArguments(findLr, ['x.adapter.json', ...words]);
  await expect(findLr.run(args, fakeIo())).rejects.toThrow(message);
});
