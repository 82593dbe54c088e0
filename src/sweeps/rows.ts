/** @file How a sweep and its runs look in a list, and what is told at its end. Pure, so that every state is a test. */
import * as l10n from '@vscode/l10n';
import type { SweepRun, SweepRunStatus, SweepSummary } from '../../runtime/contract/api/sweeps.ts';
import { formatNumber } from '../../runtime/contract/format.ts';
import { notificationText, oneLine } from '../common/plainText.ts';
import type { TreeRow } from '../common/treeRow.ts';

export interface SweepRow extends TreeRow {
  /** The row's state for menus; runs have none of the sweep's commands. */
  readonly context: 'running' | 'stopped' | 'done' | 'run';
}

/** Running while its process lives; stopped where something is left to do. */
export function sweepState({ sweep, pid }: SweepSummary): 'running' | 'stopped' | 'done' {
  if (pid !== undefined) return 'running';
  return sweep.runs.every(({ status }) => status === 'done' || status === 'hopeless') ? 'done' : 'stopped';
}

const count = ({ sweep }: SweepSummary, ...statuses: SweepRunStatus[]): number =>
  sweep.runs.filter(({ status }) => statuses.includes(status)).length;

const joined = (...facts: readonly string[]): string => facts.filter((fact) => fact !== '').join(' · ');

const icons = {
  running: { id: 'sync~spin', color: 'charts.blue' },
  stopped: { id: 'debug-pause', color: 'charts.yellow' },
  done: { id: 'pass', color: 'testing.iconPassed' },
} as const;

export function sweepRow(summary: SweepSummary): SweepRow {
  const { sweep } = summary;
  const state = sweepState(summary);
  const total = sweep.runs.length;
  const [done, running, failed] = [
    count(summary, 'done', 'hopeless'),
    count(summary, 'running'),
    count(summary, 'failed'),
  ];
  return {
    label: oneLine(sweep.name),
    description: joined(
      l10n.t('{0} of {1} done', done, total),
      running === 0 ? '' : l10n.t('{0} running', running),
      failed === 0 ? '' : l10n.t('{0} failed', failed),
    ),
    icon: icons[state],
    context: state,
  };
}

const runIcons: Readonly<Record<SweepRunStatus, SweepRow['icon']>> = {
  waiting: { id: 'clock' },
  running: { id: 'sync~spin', color: 'charts.blue' },
  done: { id: 'pass', color: 'testing.iconPassed' },
  stopped: { id: 'debug-pause', color: 'charts.yellow' },
  interrupted: { id: 'debug-disconnect', color: 'charts.yellow' },
  failed: { id: 'error', color: 'testing.iconFailed' },
  hopeless: { id: 'circle-slash', color: 'charts.yellow' },
};

/** `loss` as the run's own record has it. */
export function sweepRunRow({ variant, seed, status, message }: SweepRun, loss?: number): SweepRow {
  const words: Readonly<Record<SweepRunStatus, string>> = {
    waiting: l10n.t('waiting'),
    running: l10n.t('running'),
    done: l10n.t('done'),
    stopped: l10n.t('stopped'),
    interrupted: l10n.t('interrupted'),
    failed: l10n.t('failed'),
    hopeless: l10n.t('given up'),
  };
  return {
    label: l10n.t('{0} · seed {1}', oneLine(variant ?? 'base'), seed),
    description: joined(
      words[status],
      message === undefined ? (loss === undefined ? '' : formatNumber(loss)) : oneLine(message),
    ),
    icon: runIcons[status],
    context: 'run',
  };
}

/** The one notification when a sweep ends, undefined while there is nothing to say. */
export function sweepEnding(
  before: SweepSummary | undefined,
  after: SweepSummary,
): { readonly text: string; readonly failed: boolean } | undefined {
  if (before === undefined || sweepState(before) !== 'running') return undefined;
  const state = sweepState(after);
  const total = after.sweep.runs.length;
  const [failed, stopped] = [count(after, 'failed'), count(after, 'stopped', 'waiting')];
  if (state === 'running' || (failed === 0 && stopped > 0)) return undefined;
  const name = after.sweep.name;
  const givenUp = count(after, 'hopeless');
  const text =
    failed > 0
      ? l10n.t('The sweep of {0} ended: {1} of {2} runs failed.', name, failed, total)
      : state === 'stopped'
        ? l10n.t('The sweep of {0} was interrupted. It can be resumed.', name)
        : givenUp > 0
          ? l10n.t('The sweep of {0} is done: {1} runs, {2} of them given up.', name, total, givenUp)
          : l10n.t('The sweep of {0} is done: {1} runs.', name, total);
  return { text: notificationText(text), failed: failed > 0 };
}

/** Folders of the runs that have begun, in the order of the sweep. */
export const runFolders = ({ sweep }: SweepSummary): string[] =>
  sweep.runs.flatMap(({ folder }) => (folder === undefined ? [] : [folder]));
