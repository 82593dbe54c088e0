/** @file The words and numbers above the plots. Pure: state in, text out. */
import * as l10n from '@vscode/l10n';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
} from '../../runtime/contract/format.ts';
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
  const position = l10n.t('step {0} of {1}', formatCount(step), formatCount(planned));
  const left = progress?.secondsLeft;
  switch (record.status) {
    case 'waiting': {
      // what takes its time before step 0
      const note = state.notes.at(-1);
      return note === undefined ? l10n.t('starting') : l10n.t('starting · {0}', note);
    }
    case 'running':
      return left === undefined
        ? l10n.t('running · {0}', position)
        : l10n.t('running · {0} · {1} left', position, formatDuration(left));
    case 'stopped':
      return l10n.t('stopped · {0}', position);
    case 'interrupted':
      return l10n.t('interrupted · {0}', position);
    case 'failed':
      return l10n.t('failed · {0}', position);
    case 'done':
      return l10n.t('done · {0}', position);
  }
}

function memory(summary: RunSummary, state: RunState): Fact | undefined {
  const estimate = state.started?.estimatedBytes ?? summary.record.estimatedBytes;
  const peak = summary.record.peakBytes;
  if (peak !== undefined)
    return {
      label: l10n.t('memory'),
      value: formatBytes(peak),
      ...(estimate === undefined ? {} : { note: l10n.t('{0} estimated', formatBytes(estimate)) }),
    };
  return estimate === undefined
    ? undefined
    : { label: l10n.t('memory'), value: `~ ${formatBytes(estimate)}`, note: l10n.t('estimated') };
}

/** The mean of the last steps: one step's rate jumps with its rows. */
function speed({ steps }: RunState): Fact | undefined {
  const tokens = average(steps.tokens, 20);
  const supervised = average(steps.supervised, 20);
  if (tokens === undefined) return undefined;
  return {
    label: l10n.t('tokens/s'),
    value: formatNumber(tokens),
    ...(supervised === undefined ? {} : { note: l10n.t('{0} trained', formatNumber(supervised)) }),
  };
}

/** What the run reaches of the bare product's rate, which was measured when it began. */
function roofline({ steps, started }: RunState): Fact | undefined {
  const tokens = average(steps.tokens, 20);
  if (tokens === undefined || started?.flopsPerToken === undefined || started.peakFlops === undefined)
    return undefined;
  const share = (tokens * started.flopsPerToken) / started.peakFlops;
  return {
    label: l10n.t('of peak'),
    value: `${Math.round(100 * share)} %`,
    note: `${formatNumber(started.peakFlops / 1e9)} GFLOP/s`,
  };
}

function lossFact({ record, progress }: RunSummary, { steps, started }: RunState): Fact {
  const loss = steps.loss.values.at(-1) ?? progress?.loss ?? record.loss;
  const base = started?.baseLoss;
  return {
    label: l10n.t('loss'),
    value: loss === undefined ? '–' : formatNumber(loss),
    ...(base === undefined ? {} : { note: l10n.t('base {0}', formatNumber(base)) }),
  };
}

/** Of a run that is gone, nothing can be stopped or resumed. */
export function headline(summary: RunSummary, state: RunState, isGone = false): Headline {
  const { record } = summary;
  const validation = state.evaluations.at(-1);
  const failure = state.failure?.message ?? (record.status === 'failed' ? record.message : undefined);
  const facts: readonly (Fact | undefined)[] = [
    validation && {
      label: l10n.t('validation'),
      value: formatNumber(validation.loss),
      note: validation.best
        ? l10n.t('step {0}, best', formatCount(validation.step))
        : l10n.t('step {0}', formatCount(validation.step)),
    },
    validation?.accuracy === undefined
      ? undefined
      : { label: l10n.t('accuracy'), value: formatPercent(validation.accuracy) },
    speed(state),
    roofline(state),
    memory(summary, state),
    record.trainable === undefined
      ? undefined
      : { label: l10n.t('parameters'), value: formatCount(record.trainable) },
    { label: l10n.t('device'), value: record.device },
  ];
  return {
    title: record.variant === undefined ? record.name : `${record.name} · ${record.variant}`,
    status: isGone ? l10n.t('deleted') : status(summary, state),
    loss: lossFact(summary, state),
    facts: facts.filter((fact) => fact !== undefined),
    ...(failure === undefined ? {} : { failure }),
    canStop: !isGone && (record.status === 'running' || record.status === 'waiting'),
    canResume: !isGone && ['stopped', 'interrupted', 'failed'].includes(record.status),
  };
}
