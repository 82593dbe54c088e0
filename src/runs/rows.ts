/** @file How a run looks in a list: words and icon. Pure, so that every state is a test. */
import * as l10n from '@vscode/l10n';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../../runtime/contract/format.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { RunStatus } from '../../runtime/contract/run.ts';
import { markdownText, notificationText, oneLine, withoutIcons } from '../common/plainText.ts';
import type { TreeRow } from '../common/treeRow.ts';

export interface RunRow extends TreeRow {
  readonly id: string;
  /** At most three facts, the one that changes first. */
  readonly description: string;
  /** The row's state for menus. */
  readonly context: RunStatus;
}

const icons: Readonly<Record<RunStatus, RunRow['icon']>> = {
  waiting: { id: 'clock' },
  running: { id: 'sync~spin', color: 'charts.blue' },
  stopped: { id: 'debug-pause', color: 'charts.yellow' },
  interrupted: { id: 'debug-disconnect', color: 'charts.yellow' },
  failed: { id: 'error', color: 'testing.iconFailed' },
  done: { id: 'pass', color: 'testing.iconPassed' },
};

/** States from which `Resume` goes on. */
export const isResumable = (status: RunStatus): boolean =>
  status === 'stopped' || status === 'interrupted' || status === 'failed';
export const isLive = (status: RunStatus): boolean => status === 'running' || status === 'waiting';

/** The name that a person gave; else "tickets · rank 64": the config's name, and the variant's where there is one. */
export const runLabel = ({ label, record }: RunSummary): string =>
  oneLine(label ?? (record.variant === undefined ? record.name : `${record.name} · ${record.variant}`));

const stepOf = ({ record, progress }: RunSummary): number => progress?.step ?? record.step;
export const lossOf = ({ record, progress }: RunSummary): number | undefined => progress?.loss ?? record.loss;

/** Seconds between the record's first and last writing. */
const secondsOf = ({ record }: RunSummary): number =>
  (Date.parse(record.updated) - Date.parse(record.created)) / 1000;

const joined = (...facts: readonly (string | undefined)[]): string =>
  facts.filter((fact) => fact !== undefined && fact !== '').join(' · ');

/** What stands beside the label. */
function describe(run: RunSummary): string {
  const { record, progress } = run;
  const loss = lossOf(run);
  const shownLoss = loss === undefined ? undefined : formatNumber(loss);
  const step = `${formatCount(stepOf(run))}/${formatCount(record.steps)}`;
  switch (record.status) {
    case 'waiting':
      return l10n.t('starting');
    case 'running': {
      const left = progress?.secondsLeft;
      return joined(
        l10n.t('step {0}', step),
        shownLoss,
        left === undefined ? undefined : l10n.t('{0} left', formatDuration(left)),
      );
    }
    case 'done':
      return joined(shownLoss, formatDuration(secondsOf(run)));
    case 'stopped':
      return joined(l10n.t('stopped at {0}', step), shownLoss);
    case 'interrupted':
      return joined(l10n.t('interrupted at {0}', step), shownLoss);
    case 'failed':
      return record.message === undefined ? l10n.t('failed at {0}', step) : oneLine(record.message);
  }
}

/** The config's file and variant, where a name of the person's own stands in their place. */
const configWords = ({ label, record }: RunSummary): string | undefined =>
  label === undefined ? undefined : joined(record.name, record.variant);

function commitWords({ record: { git } }: RunSummary): string | undefined {
  if (git === undefined) return undefined;
  const commit = git.commit.slice(0, 10);
  return git.dirty ? l10n.t('{0} with changes', commit) : commit;
}

/** The card on hover: every fact that a list has no room for. */
export function runCard(run: RunSummary): string {
  const { record } = run;
  const loss = lossOf(run);
  const best = record.bestLoss;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [l10n.t('Status'), record.status],
    [l10n.t('Step'), l10n.t('{0} of {1}', formatCount(stepOf(run)), formatCount(record.steps))],
    [l10n.t('Loss'), loss === undefined ? undefined : formatNumber(loss)],
    [l10n.t('Best validation loss'), best === undefined ? undefined : formatNumber(best)],
    [l10n.t('Message'), record.message],
    [l10n.t('Config'), configWords(run)],
    [l10n.t('Started'), new Date(record.created).toLocaleString(undefined, { timeZoneName: 'short' })],
    [l10n.t('Device'), record.device],
    [l10n.t('Seed'), String(record.seed)],
    [
      l10n.t('Trained parameters'),
      record.trainable === undefined ? undefined : formatCount(record.trainable),
    ],
    [l10n.t('Memory'), memory(record.peakBytes, record.estimatedBytes)],
    [l10n.t('Commit'), commitWords(run)],
    [l10n.t('Folder'), run.folder],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`| ${name} | ${markdownText(value)} |`],
  );
  return [`**${markdownText(runLabel(run))}**`, '', '| | |', '|---|---|', ...lines].join('\n');
}

/** The estimate stays beside what was measured. */
function memory(peak: number | undefined, estimate: number | undefined): string | undefined {
  const estimated = estimate === undefined ? undefined : l10n.t('{0} estimated', formatBytes(estimate));
  if (peak === undefined) return estimated;
  return joined(formatBytes(peak), estimated);
}

export function runRow(run: RunSummary): RunRow {
  return {
    id: run.folder,
    label: runLabel(run),
    description: describe(run),
    icon: icons[run.record.status],
    context: run.record.status,
  };
}

/** The one notification when a run ends, or undefined while there is nothing to say. */
export function endMessage(
  before: RunStatus | undefined,
  run: RunSummary,
): { text: string; failed: boolean } | undefined {
  const { status } = run.record;
  if (before === undefined || !isLive(before) || isLive(status)) return undefined;
  // a sweep tells its end once, for all of its runs
  if (run.record.sweep !== undefined) return undefined;
  const loss = lossOf(run);
  const shownLoss = loss === undefined ? '' : l10n.t(': loss {0}', formatNumber(loss));
  const steps = formatCount(stepOf(run));
  switch (status) {
    case 'done':
      return {
        text: notificationText(
          l10n.t(
            '{0} is done{1} after {2} steps ({3}).',
            runLabel(run),
            shownLoss,
            steps,
            formatDuration(secondsOf(run)),
          ),
        ),
        failed: false,
      };
    case 'failed':
      return {
        text: notificationText(
          l10n.t('{0} failed: {1}', runLabel(run), run.record.message ?? l10n.t('see its log')),
        ),
        failed: true,
      };
    case 'interrupted':
      return {
        text: notificationText(
          l10n.t('{0} was interrupted at step {1}. It can be resumed.', runLabel(run), steps),
        ),
        failed: true,
      };
    case 'stopped':
    case 'running':
    case 'waiting':
      return undefined;
  }
}

/** What the status bar says: nothing, the one run, or how many. */
export function statusText(runs: readonly RunSummary[]): string | undefined {
  const live = runs.filter((run) => isLive(run.record.status));
  const [only] = live;
  if (only === undefined) return undefined;
  if (live.length > 1) return `$(sync~spin) ${l10n.t('{0} runs', live.length)}`;
  const loss = lossOf(only);
  const words = joined(
    `${only.label ?? only.record.name} ${formatCount(stepOf(only))}/${formatCount(only.record.steps)}`,
    loss === undefined ? undefined : formatNumber(loss),
  );
  return `$(sync~spin) ${withoutIcons(words)}`;
}
