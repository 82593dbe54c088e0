/** @file Which runs a list shows, in which groups and in which order. Pure. */
import * as l10n from '@vscode/l10n';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { RunStatus } from '../../runtime/contract/run.ts';
import { oneLine } from '../common/plainText.ts';
import { runLabel } from './rows.ts';

export type Grouping = 'day' | 'adapter';

export interface RunFilter {
  /** Words that all have to occur in the run's name, variant, device or message. */
  readonly text: string;
  /** None means all. */
  readonly statuses: readonly RunStatus[];
}

export const noFilter: RunFilter = { text: '', statuses: [] };

export interface RunGroup {
  /** Stays the same while runs come and go: VS Code keeps by it what is folded. */
  readonly id: string;
  readonly label: string;
  /** Newest first. */
  readonly folders: readonly string[];
}

export const isFiltering = ({ text, statuses }: RunFilter): boolean =>
  text.trim() !== '' || statuses.length > 0;

/** Tells whether a run is shown; made once for a list. */
export function matcher({ text, statuses }: RunFilter): (run: RunSummary) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (run) => {
    const { record } = run;
    if (statuses.length > 0 && !statuses.includes(record.status)) return false;
    if (words.length === 0) return true;
    const said = [runLabel(run), record.name, record.variant, record.device, record.id, record.message]
      .join('\n')
      .toLowerCase();
    return words.every((word) => said.includes(word));
  };
}

/** What the line above the list says while it is filtered. */
export function filterMessage(filter: RunFilter, shown: number, all: number): string | undefined {
  if (!isFiltering(filter)) return undefined;
  const parts = [
    ...(filter.text.trim() === '' ? [] : [`"${filter.text.trim()}"`]),
    ...filter.statuses.map((status) => status),
  ];
  return l10n.t('{0}: {1} of {2} runs', parts.join(', '), shown, all);
}

const dayStart = (time: Date): number =>
  new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();

/** "Today", "Yesterday", else the local date; each is written once a list, for dates are slow to write. */
function dayOf(
  { record: { created } }: RunSummary,
  now: Date,
  known: Map<number, string>,
): [id: string, label: string] {
  const time = new Date(created);
  const start = dayStart(time);
  const days = Math.round((dayStart(now) - start) / 86_400_000);
  const label =
    days <= 0
      ? l10n.t('Today')
      : days === 1
        ? l10n.t('Yesterday')
        : (known.get(start) ?? time.toLocaleDateString(undefined, { dateStyle: 'medium' }));
  known.set(start, label);
  return [`day ${Number.isNaN(start) ? '' : Math.min(start, dayStart(now))}`, label];
}

const descending = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0);

/** ISO times in UTC sort as text. */
export const newerFirst = (a: RunSummary, b: RunSummary): number =>
  descending(a.record.created, b.record.created) || descending(a.folder, b.folder);

/** The file's name without its ending: a run's own name may be another one. */
const configName = ({ record: { config } }: RunSummary): string =>
  oneLine((config.split(/[/\\]/).at(-1) ?? config).replace(/\.adapter\.json$/, ''));

/** Runs by local day or by config, newest first. The order follows the time of creation alone, so that no row jumps while a run goes on. */
export function groupRuns(runs: readonly RunSummary[], now: Date, by: Grouping = 'day'): readonly RunGroup[] {
  const newestFirst = [...runs].sort(newerFirst);
  const groups = new Map<string, { label: string; folders: string[] }>();
  const days = new Map<number, string>();
  for (const run of newestFirst) {
    const [id, label] =
      by === 'adapter' ? [`adapter ${run.record.config}`, configName(run)] : dayOf(run, now, days);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { label, folders: [run.folder] });
    else group.folders.push(run.folder);
  }
  return [...groups].map(([id, group]) => ({ id, ...group }));
}
