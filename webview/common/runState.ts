/** @file A run as pages know it: one pure reducer for replayed and live events alike, steps as growing columns. */
import type { EvaluationEvent, MethodEvent, RunEvent, StepEvent } from '../../runtime/contract/run.ts';
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
  /** The steps are some of a long run's; all are on their way. */
  readonly isOverview?: true;
  readonly evaluations: readonly EvaluationEvent[];
  readonly checkpoints: readonly number[];
  /** What the method showed of its layers, in the order of steps. */
  readonly method: readonly MethodEvent[];
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
  method: [],
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

/** `valueOf` each row in [begin, end), as a column. */
function column(begin: number, end: number, valueOf: (row: number) => number): Float64Array {
  const values = new Float64Array(end - begin);
  for (let row = begin; row < end; row++) values[row - begin] = valueOf(row);
  return values;
}

/** Rows [begin, end) of a table, whose steps ascend, behind the columns. */
function addRows(columns: StepColumns, table: StepTable, begin: number, end: number): StepColumns {
  const kept = cut(columns, table.step[begin]! - 1);
  let seconds = kept.secondsSoFar.values.at(-1) ?? 0;
  let tokens = kept.tokensSoFar.values.at(-1) ?? 0;
  const numbers = (values: ArrayLike<number | null>): Float64Array =>
    column(begin, end, (row) => real(values[row]!));
  const rates = (counts: ArrayLike<number>): Float64Array =>
    column(begin, end, (row) => (table.seconds[row]! > 0 ? counts[row]! / table.seconds[row]! : 0));
  const added: Readonly<Record<keyof StepColumns, ArrayLike<number>>> = {
    step: numbers(table.step),
    loss: numbers(table.loss),
    gradNorm: numbers(table.gradNorm),
    learningRate: numbers(table.learningRate),
    tokens: rates(table.tokens),
    supervised: rates(table.supervised),
    memory: numbers(table.memory),
    secondsSoFar: column(begin, end, (row) => (seconds += table.seconds[row]!)),
    tokensSoFar: column(begin, end, (row) => (tokens += table.tokens[row]!)),
  };
  return each(kept, (values, name) => values.append(added[name]));
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
        method: state.method.filter(({ step }) => kept(step)),
        resumes: [...state.resumes.filter((step) => step < event.fromStep), event.fromStep],
      };
    }
    case 'method':
      return { ...state, method: [...state.method.filter(({ step }) => step < event.step), event] };
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
