/** @file What came out of a run, folded from its events one by one: live and from its file alike. Pure. */
import type { RunMetrics } from '../contract/api/compare.ts';
import type { RunEvent, StepEvent } from '../contract/run.ts';

/** Training losses jump with their rows: the mean of the last ones is told. */
const averaged = 10;

export interface MetricsState {
  readonly steps: number;
  readonly rows?: number;
  readonly recent: readonly StepEvent[];
  readonly evaluations: readonly { readonly step: number; readonly loss: number }[];
  readonly seconds: number;
  readonly tokens: number;
}

export const noMetrics: MetricsState = { steps: 0, recent: [], evaluations: [], seconds: 0, tokens: 0 };

/** The state after an event; a resume takes back what came after its checkpoint, but not the time it took. */
export function foldMetrics(state: MetricsState, event: RunEvent): MetricsState {
  switch (event.event) {
    case 'started':
      return { ...state, steps: event.steps, rows: event.rows };
    case 'resumed': {
      const kept = <T extends { readonly step: number }>(list: readonly T[]): readonly T[] =>
        list.filter(({ step }) => step <= event.fromStep);
      return { ...state, recent: kept(state.recent), evaluations: kept(state.evaluations) };
    }
    case 'step':
      return {
        ...state,
        recent: [...state.recent.slice(1 - averaged), event],
        seconds: state.seconds + event.seconds,
        tokens: state.tokens + event.tokens,
      };
    case 'evaluation': {
      const { step, loss } = event;
      return { ...state, evaluations: [...state.evaluations.filter((e) => e.step < step), { step, loss }] };
    }
    case 'checkpoint':
    case 'method':
    case 'note':
    case 'stopped':
    case 'failed':
    case 'done':
      return state;
  }
}

export function metricsOf(state: MetricsState): RunMetrics {
  const { steps, rows, recent, evaluations, seconds, tokens } = state;
  const last = evaluations.at(-1);
  // a loss that is no number is never the best
  const [best] = evaluations.filter(({ loss }) => Number.isFinite(loss)).sort((a, b) => a.loss - b.loss);
  const train = recent.reduce((sum, { loss }) => sum + loss, 0) / recent.length;
  return {
    step: recent.at(-1)?.step ?? 0,
    steps,
    ...(recent.length === 0 ? {} : { train }),
    ...(last === undefined ? {} : { validation: last.loss }),
    ...(best === undefined ? {} : { best }),
    seconds,
    ...(seconds > 0 ? { tokensPerSecond: tokens / seconds } : {}),
    ...(rows === undefined ? {} : { rows }),
  };
}
