/** @file Steps in columns, in their place among other events. */
import { expect, test } from 'vitest';
import { packSteps } from '../../../runtime/contract/steps.ts';
import { stepEvent } from '../../support/runSummary.ts';

test('steps that follow each other share a part; others keep their place', () => {
  const note = { event: 'note', message: 'slow disk' } as const;
  const parts = packSteps([stepEvent(1), stepEvent(2, { memory: 5e8 }), note, stepEvent(3)]);
  expect(parts.map(({ event }) => event)).toEqual(['steps', 'note', 'steps']);
  expect(parts[0]).toEqual({
    event: 'steps',
    step: [1, 2],
    loss: [10, 5],
    gradNorm: [1, 0.5],
    learningRate: [1e-3, 1e-3],
    tokens: [800, 800],
    supervised: [200, 200],
    seconds: [0.25, 0.25],
    memory: [null, 5e8],
  });
  expect(packSteps([])).toEqual([]);
});
