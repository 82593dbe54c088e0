/** @file The words and numbers above the plots. Pure: state in, text out. */
import { formatBytes, formatCount, formatDuration, formatNumber } from '../../runtime/contract/format.ts';
import type { Column } from '../common/column.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { RunState } from '../common/runState.ts';

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

const average = ({ values }: Column, last: number): number | undefined => {
  const window = values.slice(-last).filter((value) => value > 0);
  return window.length === 0 ? undefined : window.reduce((sum, value) => sum + value, 0) / window.length;
};

function status(summary: RunSummary, state: RunState): string {
  const { record, progress } = summary;
  const planned = state.plannedSteps > 0 ? state.plannedSteps : record.steps;
  const step = state.steps.step.values.at(-1) ?? progress?.step ?? record.step;
  const position = `step ${formatCount(step)} of ${formatCount(planned)}`;
  if (record.status === 'waiting') return 'starting';
  if (record.status !== 'running') return `${record.status} · ${position}`;
  const left = progress?.secondsLeft;
  return `running · ${position}${left === undefined ? '' : ` · ${formatDuration(left)} left`}`;
}

function memory(summary: RunSummary, state: RunState): Fact | undefined {
  const estimate = state.started?.estimatedBytes ?? summary.record.estimatedBytes;
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

/** The mean of the last steps: one step's rate jumps with its rows. */
function speed({ steps }: RunState): Fact | undefined {
  const tokens = average(steps.tokens, 20);
  const supervised = average(steps.supervised, 20);
  if (tokens === undefined) return undefined;
  return {
    label: 'tokens/s',
    value: formatNumber(tokens),
    ...(supervised === undefined ? {} : { note: `${formatNumber(supervised)} trained` }),
  };
}

/** What the run reaches of the bare product's rate, which was measured when it began. */
function roofline({ steps, started }: RunState): Fact | undefined {
  const tokens = average(steps.tokens, 20);
  if (tokens === undefined || started?.flopsPerToken === undefined || started.peakFlops === undefined)
    return undefined;
  const share = (tokens * started.flopsPerToken) / started.peakFlops;
  return {
    label: 'of peak',
    value: `${Math.round(100 * share)} %`,
    note: `${formatNumber(started.peakFlops / 1e9)} GFLOP/s`,
  };
}

function lossFact({ record, progress }: RunSummary, { steps, started }: RunState): Fact {
  const loss = steps.loss.values.at(-1) ?? progress?.loss ?? record.loss;
  const base = started?.baseLoss;
  return {
    label: 'loss',
    value: loss === undefined ? '–' : formatNumber(loss),
    ...(base === undefined ? {} : { note: `base ${formatNumber(base)}` }),
  };
}

/** Of a run that is gone, nothing can be stopped or resumed. */
export function headline(summary: RunSummary, state: RunState, isGone = false): Headline {
  const { record } = summary;
  const validation = state.evaluations.at(-1);
  const failure = state.failure?.message ?? (record.status === 'failed' ? record.message : undefined);
  const facts: readonly (Fact | undefined)[] = [
    validation && {
      label: 'validation',
      value: formatNumber(validation.loss),
      note: `step ${formatCount(validation.step)}${validation.best ? ', best' : ''}`,
    },
    speed(state),
    roofline(state),
    memory(summary, state),
    record.trainable === undefined
      ? undefined
      : { label: 'parameters', value: formatCount(record.trainable) },
    { label: 'device', value: record.device },
  ];
  return {
    title: record.variant === undefined ? record.name : `${record.name} · ${record.variant}`,
    status: isGone ? 'deleted, or moved to where no run is looked for' : status(summary, state),
    loss: lossFact(summary, state),
    facts: facts.filter((fact) => fact !== undefined),
    ...(failure === undefined ? {} : { failure }),
    canStop: !isGone && (record.status === 'running' || record.status === 'waiting'),
    canResume: !isGone && ['stopped', 'interrupted', 'failed'].includes(record.status),
  };
}
