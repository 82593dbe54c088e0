/** @file Facts of layers as one number a name. */
import { expect, it } from 'vitest';
import { methodFacts } from '../../../bench/experiments/methodFacts.ts';
import type { MethodEvent } from '../../../runtime/contract/run.ts';

const event = (step: number, layers: MethodEvent['layers']): MethodEvent => ({
  event: 'method',
  step,
  layers,
});

it('takes the mean over the layers that have a fact, of the start and of the last event', () => {
  const events = [
    event(0, { a: { captured: 0.5 }, b: { captured: 0.7, gain: 2 } }),
    event(5, { a: { share: 0.1 } }),
    event(10, { a: { share: 0.25 }, b: { share: 0.75 } }),
  ];
  expect(methodFacts(events)).toEqual({ 'start: captured': 0.6, 'start: gain': 2, 'end: share': 0.5 });
  expect(methodFacts([])).toEqual({});
});
