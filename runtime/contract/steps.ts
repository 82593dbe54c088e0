/** @file Many steps in one message: consecutive steps as columns, so that a long run costs numbers, not objects. */
import type { RunEvent, StepEvent } from './run.ts';

/** JSON has no NaN: null stands for it. */
type Numbers = ArrayLike<number | null>;

/** One entry a step, in the order in which they were written. */
export interface StepTable {
  readonly event: 'steps';
  readonly step: ArrayLike<number>;
  readonly loss: Numbers;
  readonly gradNorm: Numbers;
  readonly learningRate: Numbers;
  readonly tokens: ArrayLike<number>;
  readonly supervised: ArrayLike<number>;
  readonly seconds: ArrayLike<number>;
  /** Bytes; null where the run didn't record it. */
  readonly memory: Numbers;
}

/** Events in their order; steps that follow each other are one part. */
export type RunPart = StepTable | Exclude<RunEvent, StepEvent>;

type Filling<T> = {
  -readonly [K in keyof T]: T[K] extends ArrayLike<infer V> ? (T[K] extends string ? T[K] : V[]) : T[K];
};

export function packSteps(events: readonly RunEvent[]): RunPart[] {
  const parts: RunPart[] = [];
  let table: Filling<StepTable> | undefined;
  for (const event of events) {
    if (event.event !== 'step') {
      parts.push(event);
      table = undefined;
      continue;
    }
    if (table === undefined) {
      table = {
        event: 'steps',
        step: [],
        loss: [],
        gradNorm: [],
        learningRate: [],
        tokens: [],
        supervised: [],
        seconds: [],
        memory: [],
      };
      parts.push(table);
    }
    table.step.push(event.step);
    table.loss.push(event.loss);
    table.gradNorm.push(event.gradNorm);
    table.learningRate.push(event.learningRate);
    table.tokens.push(event.tokens);
    table.supervised.push(event.supervised);
    table.seconds.push(event.seconds);
    table.memory.push(event.memory ?? null);
  }
  return parts;
}

/** Columns in the order of `FlatParts.numbers`. */
const columnNames = [
  'step',
  'loss',
  'gradNorm',
  'learningRate',
  'tokens',
  'supervised',
  'seconds',
  'memory',
] as const;

/**
 * Parts for a channel that carries bytes as bytes: all numbers in one array, table after table, column after column. (One, because
 * VS Code's messages to a page hold at most 255 arrays, and lose the others without a word.)
 */
export interface FlatParts {
  readonly parts: readonly (
    Exclude<RunPart, StepTable> | { readonly event: 'steps'; readonly rows: number }
  )[];
  readonly numbers: Float64Array;
}

export function flatten(parts: readonly RunPart[]): FlatParts {
  const rows = parts.reduce((sum, part) => sum + (part.event === 'steps' ? part.step.length : 0), 0);
  const numbers = new Float64Array(rows * columnNames.length);
  let next = 0;
  for (const part of parts)
    if (part.event === 'steps')
      for (const name of columnNames) {
        const column: Numbers = part[name];
        for (let i = 0; i < column.length; i++) numbers[next++] = column[i] ?? NaN;
      }
  return {
    parts: parts.map((part) => (part.event === 'steps' ? { event: 'steps', rows: part.step.length } : part)),
    numbers,
  };
}

/** The parts again; their columns are views of `numbers`. */
export function unflatten({ parts, numbers }: FlatParts): RunPart[] {
  let next = 0;
  return parts.map((part) => {
    if (part.event !== 'steps') return part;
    const column = (): Float64Array => numbers.subarray(next, (next += part.rows));
    return {
      event: 'steps',
      step: column(),
      loss: column(),
      gradNorm: column(),
      learningRate: column(),
      tokens: column(),
      supervised: column(),
      seconds: column(),
      memory: column(),
    };
  });
}
