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

/** In the order of `FlatParts.columns`. */
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
 * Parts for a channel that carries bytes as bytes: each column in one array over all tables. (Not one a table, because VS Code's
 * messages to a page hold at most 255 arrays, and lose the others without a word.)
 */
export interface FlatParts {
  readonly parts: readonly (
    Exclude<RunPart, StepTable> | { readonly event: 'steps'; readonly rows: number }
  )[];
  /** As narrow as holds the same numbers: where the window is far away, bytes are what a page waits for. */
  readonly columns: readonly (Float64Array | Float32Array | Uint32Array | Uint16Array)[];
}

/** The arrays of `columns`, by name. */
export const columnArrays = { Float64Array, Float32Array, Uint32Array, Uint16Array } as const;
export type ColumnArray = keyof typeof columnArrays;

/** `FlatParts` for a channel that carries text alone: bytes in base64, which cost a fifth of what numbers in JSON do. */
export interface CodedParts {
  readonly parts: FlatParts['parts'];
  readonly columns: readonly { readonly array: ColumnArray; readonly base64: string }[];
}

function narrowest(values: Float64Array): FlatParts['columns'][number] {
  for (const Narrow of [Uint16Array, Uint32Array, Float32Array]) {
    const column = new Narrow(values);
    if (values.every((value, i) => Object.is(value, column[i]))) return column;
  }
  return values;
}

export function flatten(parts: readonly RunPart[]): FlatParts {
  const tables = parts.filter((part) => part.event === 'steps');
  const rows = tables.reduce((sum, { step }) => sum + step.length, 0);
  const columns = columnNames.map((name) => {
    const values = new Float64Array(rows);
    let next = 0;
    for (const table of tables) {
      const column: Numbers = table[name];
      for (let i = 0; i < column.length; i++) values[next++] = column[i] ?? NaN;
    }
    return narrowest(values);
  });
  return {
    parts: parts.map((part) => (part.event === 'steps' ? { event: 'steps', rows: part.step.length } : part)),
    columns,
  };
}

/** The parts again; their columns are views. */
export function unflatten({ parts, columns }: FlatParts): RunPart[] {
  const wide = columns.map((column) => new Float64Array(column));
  let begin = 0;
  return parts.map((part) => {
    if (part.event !== 'steps') return part;
    const end = begin + part.rows;
    const column = (name: (typeof columnNames)[number]): Float64Array =>
      wide[columnNames.indexOf(name)]!.subarray(begin, end);
    const table: StepTable = {
      event: 'steps',
      step: column('step'),
      loss: column('loss'),
      gradNorm: column('gradNorm'),
      learningRate: column('learningRate'),
      tokens: column('tokens'),
      supervised: column('supervised'),
      seconds: column('seconds'),
      memory: column('memory'),
    };
    begin = end;
    return table;
  });
}
