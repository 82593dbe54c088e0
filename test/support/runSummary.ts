/** @file Runs for tests of what shows them. */
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { RunRecord, StepEvent } from '../../runtime/contract/run.ts';

/** A run in the middle of training, with what a test wants different. */
export function runSummary(
  record: Partial<RunRecord> = {},
  rest: Partial<Omit<RunSummary, 'record'>> = {},
): RunSummary {
  return {
    folder: '/runs/one',
    ...rest,
    record: {
      id: 'one',
      name: 'tickets',
      status: 'running',
      created: '2026-03-01T10:00:00.000Z',
      updated: '2026-03-01T10:00:31.000Z',
      config: 'tickets.adapter.json',
      seed: 7,
      device: 'cpu',
      step: 140,
      steps: 200,
      versions: {},
      hashes: {},
      ...record,
    },
  };
}

/** A step whose numbers follow from its number. */
export const stepEvent = (step: number, more: Partial<StepEvent> = {}): StepEvent => ({
  event: 'step',
  step,
  loss: 10 / step,
  gradNorm: 1 / step,
  learningRate: 1e-3,
  tokens: 800,
  supervised: 200,
  seconds: 0.25,
  ...more,
});
