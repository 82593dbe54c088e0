/** @file How a run looks in a list: words, icon and order. Pure, so that every state is a test. */
import { formatBytes, formatCount, formatDuration, formatNumber } from '../../runtime/contract/format.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { RunStatus } from '../../runtime/contract/run.ts';

export interface RunRow {
  readonly id: string;
  readonly label: string;
  /** At most three facts, the one that changes first. */
  readonly description: string;
  /** Markdown. */
  readonly tooltip: string;
  readonly icon: { readonly id: string; readonly color?: string };
  /** The row's state for menus. */
  readonly context: RunStatus;
}

export interface RunGroup {
  readonly label: string;
  readonly folders: readonly string[];
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

/** "tickets · rank 64": the config's name, and the variant's where there is one. */
export const runLabel = ({ record }: RunSummary): string =>
  record.variant === undefined ? record.name : `${record.name} · ${record.variant}`;

const stepOf = ({ record, progress }: RunSummary): number => progress?.step ?? record.step;
const lossOf = ({ record, progress }: RunSummary): number | undefined => progress?.loss ?? record.loss;

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
      return 'starting';
    case 'running': {
      const left = progress?.secondsLeft;
      return joined(
        `step ${step}`,
        shownLoss,
        left === undefined ? undefined : `${formatDuration(left)} left`,
      );
    }
    case 'done':
      return joined(shownLoss, formatDuration(secondsOf(run)));
    case 'stopped':
    case 'interrupted':
      return joined(`${record.status} at ${step}`, shownLoss);
    case 'failed':
      return record.message ?? `failed at ${step}`;
  }
}

/** Text from files goes into Markdown as it is, never as a link or a command. */
const plain = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-.!|<>~]/g, '\\$&').replace(/\n/g, ' ');

/** The card on hover: every fact that a list has no room for. */
function card(run: RunSummary): string {
  const { record } = run;
  const loss = lossOf(run);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Status', record.status],
    ['Step', `${formatCount(stepOf(run))} of ${formatCount(record.steps)}`],
    ['Loss', loss === undefined ? undefined : formatNumber(loss)],
    ['Message', record.message],
    ['Started', new Date(record.created).toLocaleString(undefined, { timeZoneName: 'short' })],
    ['Device', record.device],
    ['Seed', String(record.seed)],
    ['Trained parameters', record.trainable === undefined ? undefined : formatCount(record.trainable)],
    ['Memory', memory(record.peakBytes, record.estimatedBytes)],
    ['Commit', record.git && `${record.git.commit.slice(0, 10)}${record.git.dirty ? ' with changes' : ''}`],
    ['Folder', run.folder],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`| ${name} | ${plain(value)} |`],
  );
  return [`**${plain(runLabel(run))}**`, '', '| | |', '|---|---|', ...lines].join('\n');
}

/** The estimate stays beside what was measured. */
function memory(peak: number | undefined, estimate: number | undefined): string | undefined {
  const estimated = estimate === undefined ? undefined : `${formatBytes(estimate)} estimated`;
  if (peak === undefined) return estimated;
  return joined(formatBytes(peak), estimated);
}

export function runRow(run: RunSummary): RunRow {
  return {
    id: run.folder,
    label: runLabel(run),
    description: describe(run),
    tooltip: card(run),
    icon: icons[run.record.status],
    context: run.record.status,
  };
}

const dayStart = (time: Date): number =>
  new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();

/** "Today", "Yesterday", else the local date. */
function dayLabel(created: string, now: Date): string {
  const time = new Date(created);
  const days = Math.round((dayStart(now) - dayStart(time)) / 86_400_000);
  if (days <= 0) return 'Today';
  return days === 1 ? 'Yesterday' : time.toLocaleDateString(undefined, { dateStyle: 'medium' });
}

/** Runs by day, newest first. The order follows the time of creation alone, so that no row jumps while a run goes on. */
export function groupRuns(runs: readonly RunSummary[], now: Date): readonly RunGroup[] {
  const newestFirst = [...runs].sort(
    (a, b) => b.record.created.localeCompare(a.record.created) || b.folder.localeCompare(a.folder),
  );
  const groups = new Map<string, string[]>();
  for (const run of newestFirst) {
    const label = dayLabel(run.record.created, now);
    const folders = groups.get(label);
    if (folders === undefined) groups.set(label, [run.folder]);
    else folders.push(run.folder);
  }
  return [...groups].map(([label, folders]) => ({ label, folders }));
}

/** The one notification when a run ends, or undefined while there is nothing to say. */
export function endMessage(
  before: RunStatus | undefined,
  run: RunSummary,
): { text: string; failed: boolean } | undefined {
  const { status } = run.record;
  if (before === undefined || !isLive(before) || isLive(status)) return undefined;
  const loss = lossOf(run);
  const shownLoss = loss === undefined ? '' : `: loss ${formatNumber(loss)}`;
  const steps = formatCount(stepOf(run));
  switch (status) {
    case 'done':
      return {
        text: `${runLabel(run)} is done${shownLoss} after ${steps} steps (${formatDuration(secondsOf(run))}).`,
        failed: false,
      };
    case 'failed':
      return { text: `${runLabel(run)} failed: ${run.record.message ?? 'see its log'}`, failed: true };
    case 'interrupted':
      return { text: `${runLabel(run)} was interrupted at step ${steps}. It can be resumed.`, failed: true };
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
  if (live.length > 1) return `$(sync~spin) ${live.length} runs`;
  const loss = lossOf(only);
  return `$(sync~spin) ${joined(
    `${only.record.name} ${formatCount(stepOf(only))}/${formatCount(only.record.steps)}`,
    loss === undefined ? undefined : formatNumber(loss),
  )}`;
}
