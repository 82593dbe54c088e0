/** @file The words and numbers above the plots. Pure: state in, text out. */
import { formatBytes, formatCount, formatDuration, formatNumber } from '../../runtime/contract/format.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { RunState } from './state.ts';

export interface Fact {
  readonly label: string;
  readonly value: string;
  /** Beside the value, quieter: what it is compared with. */
  readonly note?: string;
}

export interface Headline {
  readonly title: string;
  readonly status: string;
  /** The largest number on the page. */
  readonly loss: Fact;
  readonly facts: readonly Fact[];
  readonly failure?: string;
  readonly canStop: boolean;
  readonly canResume: boolean;
}

const average = (values: readonly number[], last: number): number | undefined => {
  const window = values.slice(-last).filter((value) => value > 0);
  return window.length === 0 ? undefined : window.reduce((sum, value) => sum + value, 0) / window.length;
};

function status(summary: RunSummary, state: RunState): string {
  const { record, progress } = summary;
  const planned = state.plannedSteps > 0 ? state.plannedSteps : record.steps;
  const step = state.steps.step.at(-1) ?? progress?.step ?? record.step;
  const position = `step ${formatCount(step)} of ${formatCount(planned)}`;
  if (record.status === 'waiting') return 'starting';
  if (record.status !== 'running') return `${record.status} · ${position}`;
  const left = progress?.secondsLeft;
  return `running · ${position}${left === undefined ? '' : ` · ${formatDuration(left)} left`}`;
}

function memory(summary: RunSummary, state: RunState): Fact | undefined {
  const estimate = state.estimatedBytes ?? summary.record.estimatedBytes;
  const peak = summary.record.peakBytes;
  if (peak !== undefined)
    return {
      label: 'memory',
      value: formatBytes(peak),
      ...(estimate === undefined ? {} : { note: `${formatBytes(estimate)} estimated` }),
    };
  return estimate === undefined
    ? undefined
    : { label: 'memory', value: `~ ${formatBytes(estimate)}`, note: 'estimated' };
}

export function headline(summary: RunSummary, state: RunState): Headline {
  const { record } = summary;
  const loss = state.steps.loss.at(-1) ?? summary.progress?.loss ?? record.loss;
  const validation = state.evaluations.at(-1);
  // The mean of the last steps: one step's rate jumps with its rows.
  const tokens = average(state.steps.tokens, 20);
  const supervised = average(state.steps.supervised, 20);
  const failure = state.failure ?? (record.status === 'failed' ? record.message : undefined);
  const facts: readonly (Fact | undefined)[] = [
    validation && {
      label: 'validation',
      value: formatNumber(validation.loss),
      note: `step ${formatCount(validation.step)}${validation.best ? ', best' : ''}`,
    },
    tokens === undefined
      ? undefined
      : {
          label: 'tokens/s',
          value: formatNumber(tokens),
          ...(supervised === undefined ? {} : { note: `${formatNumber(supervised)} trained` }),
        },
    memory(summary, state),
    record.trainable === undefined
      ? undefined
      : { label: 'parameters', value: formatCount(record.trainable) },
    { label: 'device', value: record.device },
  ];
  return {
    title: record.variant === undefined ? record.name : `${record.name} · ${record.variant}`,
    status: status(summary, state),
    loss: {
      label: 'loss',
      value: loss === undefined ? '–' : formatNumber(loss),
      ...(state.baseLoss === undefined ? {} : { note: `base ${formatNumber(state.baseLoss)}` }),
    },
    facts: facts.filter((fact) => fact !== undefined),
    ...(failure === undefined ? {} : { failure }),
    canStop: record.status === 'running' || record.status === 'waiting',
    canResume: ['stopped', 'interrupted', 'failed'].includes(record.status),
  };
}
