/** @file Many steps in one message: consecutive steps as columns, so that a long run costs numbers, not objects. */
import type { RunEvent, StepEvent } from './run.ts';

/** JSON has no NaN: null stands for it. */
type Numbers = readonly (number | null)[];

/** One entry a step, in the order in which they were written. */
export interface StepTable {
  readonly event: 'steps';
  readonly step: readonly number[];
  readonly loss: Numbers;
  readonly gradNorm: Numbers;
  readonly learningRate: Numbers;
  readonly tokens: readonly number[];
  readonly supervised: readonly number[];
  readonly seconds: readonly number[];
  /** Bytes; null where the run didn't record it. */
  readonly memory: Numbers;
}

/** Events in their order; steps that follow each other are one part. */
export type RunPart = StepTable | Exclude<RunEvent, StepEvent>;

type Filling<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer V)[] ? V[] : T[K] };

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
