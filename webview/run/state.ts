/** @file A run as its page knows it: one pure reducer for replayed and live events alike. */
import type { EvaluationEvent, RunEvent, StepEvent } from '../../runtime/contract/run.ts';

/** Columns of equal length, one entry a step, steps ascending. */
export interface StepColumns {
  readonly step: readonly number[];
  readonly loss: readonly number[];
  readonly gradNorm: readonly number[];
  readonly learningRate: readonly number[];
  /** Tokens a second, padding not counted; and those of them that carry a label. */
  readonly tokens: readonly number[];
  readonly supervised: readonly number[];
}

export interface RunState {
  readonly steps: StepColumns;
  readonly evaluations: readonly EvaluationEvent[];
  readonly checkpoints: readonly number[];
  /** Steps after which the run went on from a checkpoint. */
  readonly resumes: readonly number[];
  readonly plannedSteps: number;
  readonly baseLoss?: number;
  readonly estimatedBytes?: number;
  readonly notes: readonly string[];
  readonly failure?: string;
}

export const emptyRun: RunState = {
  steps: { step: [], loss: [], gradNorm: [], learningRate: [], tokens: [], supervised: [] },
  evaluations: [],
  checkpoints: [],
  resumes: [],
  plannedSteps: 0,
  notes: [],
};

/** JSON, in files and between processes, has no NaN: null stands for it. */
const real = (value: number | null): number => value ?? NaN;

const rate = (count: number, seconds: number): number => (seconds > 0 ? count / seconds : 0);

/** Columns cut behind step `last`, as a resume supersedes what came after its checkpoint. */
function cut(columns: StepColumns, last: number): StepColumns {
  const length = columns.step.findLastIndex((step) => step <= last) + 1;
  if (length === columns.step.length) return columns;
  return {
    step: columns.step.slice(0, length),
    loss: columns.loss.slice(0, length),
    gradNorm: columns.gradNorm.slice(0, length),
    learningRate: columns.learningRate.slice(0, length),
    tokens: columns.tokens.slice(0, length),
    supervised: columns.supervised.slice(0, length),
  };
}

/** A batch of steps is added at once: a replay of n steps costs n, not n copies of n. */
function addSteps(columns: StepColumns, added: readonly StepEvent[]): StepColumns {
  const [first] = added;
  if (first === undefined) return columns;
  const kept = cut(columns, first.step - 1);
  return {
    step: kept.step.concat(added.map((e) => e.step)),
    loss: kept.loss.concat(added.map((e) => real(e.loss))),
    gradNorm: kept.gradNorm.concat(added.map((e) => real(e.gradNorm))),
    learningRate: kept.learningRate.concat(added.map((e) => e.learningRate)),
    tokens: kept.tokens.concat(added.map((e) => rate(e.tokens, e.seconds))),
    supervised: kept.supervised.concat(added.map((e) => rate(e.supervised, e.seconds))),
  };
}

const upTo = (last: number) => (step: number) => step <= last;

/** Everything but steps. */
function reduceOne(state: RunState, event: Exclude<RunEvent, StepEvent>): RunState {
  switch (event.event) {
    case 'started':
      return {
        ...state,
        plannedSteps: event.steps,
        ...(event.baseLoss === undefined ? {} : { baseLoss: event.baseLoss }),
        ...(event.estimatedBytes === undefined ? {} : { estimatedBytes: event.estimatedBytes }),
      };
    case 'evaluation':
      return {
        ...state,
        evaluations: [
          ...state.evaluations.filter(({ step }) => step < event.step),
          { ...event, loss: real(event.loss) },
        ],
      };
    case 'checkpoint':
      return {
        ...state,
        checkpoints: [...state.checkpoints.filter((step) => step < event.step), event.step],
      };
    case 'resumed': {
      const kept = upTo(event.fromStep);
      const { failure: _failure, ...rest } = state;
      return {
        ...rest,
        steps: cut(state.steps, event.fromStep),
        evaluations: state.evaluations.filter(({ step }) => kept(step)),
        checkpoints: state.checkpoints.filter(kept),
        resumes: [...state.resumes.filter((step) => step < event.fromStep), event.fromStep],
      };
    }
    case 'note':
      return { ...state, notes: [...state.notes, event.message] };
    case 'failed':
      return { ...state, failure: event.message };
    case 'stopped':
    case 'done':
      return state;
  }
}

/** The state after `events`; the one before stays as it was. */
export function reduce(state: RunState, events: readonly RunEvent[]): RunState {
  let next = state;
  let pending: StepEvent[] = [];
  const flush = (): void => {
    if (pending.length > 0) next = { ...next, steps: addSteps(next.steps, pending) };
    pending = [];
  };
  for (const event of events) {
    if (event.event === 'step') {
      // A step that is not above the one before supersedes it, whether or not a `resumed` said so.
      if (pending.length > 0 && event.step <= pending[pending.length - 1]!.step) flush();
      pending.push(event);
    } else {
      flush();
      next = reduceOne(next, event);
    }
  }
  flush();
  return next;
}

/**
 * Exponential mean with the start's bias divided out (Adam's correction), so that the first values are no copy of the
 * first one. `weight` in [0, 1): 0 gives the values back. Values that are not finite are left out of the mean.
 */
export function smooth(values: readonly number[], weight: number): readonly number[] {
  let mean = 0;
  let total = 0;
  return values.map((value) => {
    if (Number.isFinite(value)) {
      mean = weight * mean + (1 - weight) * value;
      total = weight * total + (1 - weight);
    }
    return total === 0 ? value : mean / total;
  });
}

/** A logarithmic axis where the losses span over a decade and all are above zero. */
export function wantsLogScale(values: readonly number[]): boolean {
  let low = Infinity;
  let high = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low > 0 && high / low > 10;
}
