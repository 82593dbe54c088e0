/** @file A run as pages know it: one pure reducer for replayed and live events alike, steps as growing columns. */
import type { EvaluationEvent, RunEvent, StepEvent } from '../../runtime/contract/run.ts';
import type { RunPart, StepTable } from '../../runtime/contract/steps.ts';
import { Column, lowerBound } from './column.ts';

/** Columns of equal length, one entry a step, steps ascending. */
export interface StepColumns {
  readonly step: Column;
  readonly loss: Column;
  readonly gradNorm: Column;
  readonly learningRate: Column;
  /** Tokens a second, padding not counted; and those of them that carry a label. */
  readonly tokens: Column;
  readonly supervised: Column;
  /** Bytes; NaN where it wasn't recorded. */
  readonly memory: Column;
  /** Since the first step: seconds in steps, and tokens. Other x axes. */
  readonly secondsSoFar: Column;
  readonly tokensSoFar: Column;
}

export interface RunState {
  readonly steps: StepColumns;
  readonly evaluations: readonly EvaluationEvent[];
  readonly checkpoints: readonly number[];
  /** Steps after which the run went on from a checkpoint. */
  readonly resumes: readonly number[];
  readonly plannedSteps: number;
  readonly started?: Extract<RunEvent, { event: 'started' }>;
  readonly notes: readonly string[];
  readonly failure?: Extract<RunEvent, { event: 'failed' }>;
  readonly adapter?: string;
}

const noSteps: StepColumns = {
  step: Column.empty,
  loss: Column.empty,
  gradNorm: Column.empty,
  learningRate: Column.empty,
  tokens: Column.empty,
  supervised: Column.empty,
  memory: Column.empty,
  secondsSoFar: Column.empty,
  tokensSoFar: Column.empty,
};

export const emptyRun: RunState = {
  steps: noSteps,
  evaluations: [],
  checkpoints: [],
  resumes: [],
  plannedSteps: 0,
  notes: [],
};

/** JSON, in files and between processes, has no NaN: null stands for it. */
const real = (value: number | null): number => value ?? NaN;

const each = (
  columns: StepColumns,
  change: (column: Column, name: keyof StepColumns) => Column,
): StepColumns =>
  Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [
      name,
      change(column as Column, name as keyof StepColumns),
    ]),
  ) as unknown as StepColumns;

/** Columns cut behind step `last`, as a resume supersedes what came after its checkpoint. */
function cut(columns: StepColumns, last: number): StepColumns {
  const length = lowerBound(columns.step.values, last + 1);
  return length === columns.step.length ? columns : each(columns, (column) => column.cut(length));
}

/** Running totals from `start` on. */
function totals(start: number, added: readonly number[]): Float64Array {
  let total = start;
  return Float64Array.from(added, (value) => (total += value));
}

/** Rows [begin, end) of a table, whose steps ascend, behind the columns. */
function addRows(columns: StepColumns, table: StepTable, begin: number, end: number): StepColumns {
  const part = <T>(numbers: readonly T[]): readonly T[] =>
    begin === 0 && end === numbers.length ? numbers : numbers.slice(begin, end);
  const kept = cut(columns, table.step[begin]! - 1);
  const seconds = part(table.seconds);
  const rates = (counts: readonly number[]): Float64Array =>
    Float64Array.from(counts, (count, i) => (seconds[i]! > 0 ? count / seconds[i]! : 0));
  const numbers = (values: readonly (number | null)[]): Float64Array => Float64Array.from(values, real);
  const added: Readonly<Record<keyof StepColumns, ArrayLike<number>>> = {
    step: part(table.step),
    loss: numbers(part(table.loss)),
    gradNorm: numbers(part(table.gradNorm)),
    learningRate: numbers(part(table.learningRate)),
    tokens: rates(part(table.tokens)),
    supervised: rates(part(table.supervised)),
    memory: numbers(part(table.memory)),
    secondsSoFar: totals(kept.secondsSoFar.values.at(-1) ?? 0, seconds),
    tokensSoFar: totals(kept.tokensSoFar.values.at(-1) ?? 0, part(table.tokens)),
  };
  return each(kept, (column, name) => column.append(added[name]));
}

/** A step that is not above the one before supersedes it, whether or not a `resumed` said so. */
function addSteps(columns: StepColumns, table: StepTable): StepColumns {
  let next = columns;
  let begin = 0;
  for (let i = 1; i <= table.step.length; i++)
    if (i === table.step.length || table.step[i]! <= table.step[i - 1]!) {
      next = addRows(next, table, begin, i);
      begin = i;
    }
  return next;
}

const upTo = (last: number) => (step: number) => step <= last;

/** Everything but steps. */
function reduceOne(state: RunState, event: Exclude<RunEvent, StepEvent>): RunState {
  switch (event.event) {
    case 'started':
      return { ...state, plannedSteps: event.steps, started: event };
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
      return { ...state, failure: event };
    case 'done':
      return { ...state, adapter: event.adapter };
    case 'stopped':
      return state;
  }
}

/** The state after `parts`; the one before stays as it was. */
export function reduce(state: RunState, parts: readonly RunPart[]): RunState {
  return parts.reduce<RunState>(
    (next, part) =>
      part.event === 'steps' ? { ...next, steps: addSteps(next.steps, part) } : reduceOne(next, part),
    state,
  );
}

/**
 * Exponential mean with the start's bias divided out (Adam's correction), so that the first values are no copy of the
 * first one. `weight` in [0, 1): 0 gives the values back. Values that are not finite are left out of the mean.
 */
export function smooth(values: Float64Array, weight: number): Float64Array {
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
export function wantsLogScale(...lines: readonly Float64Array[]): boolean {
  let low = Infinity;
  let high = 0;
  for (const values of lines)
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  return low > 0 && high / low > 10;
}
