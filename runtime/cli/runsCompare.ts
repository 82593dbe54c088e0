/** @file `runs compare RUN RUN ...`: what changed, seeds grouped with mean and interval, and every difference. */
import type { CompareGroup, Comparison, Interval } from '../contract/api/compare.ts';
import { exitCodes } from '../contract/errors.ts';
import { formatDuration, formatInterval } from '../contract/format.ts';
import { compareRuns, openRun } from '../runs/compare.ts';
import type { RunFacts } from '../runs/compare.ts';
import { foldMetrics, metricsOf, noMetrics } from '../runs/metrics.ts';
import { findRun, readEvents } from '../runs/read.ts';
import { renderTable } from './table.ts';
import type { Column } from './table.ts';
import { printable, wrap } from './terminal.ts';
import type { Io } from './terminal.ts';

/** The runs in these folders, compared; a folder without a run is left out. */
export function compareFolders(folders: readonly string[]): Comparison {
  const runs = folders.flatMap((folder): RunFacts[] => {
    const run = openRun(folder);
    if (run === undefined) return [];
    return [{ ...run, metrics: metricsOf(readEvents(folder).reduce(foldMetrics, noMetrics)) }];
  });
  return compareRuns(runs);
}

const right = (title: string): Column => ({ title, align: 'right', overflow: 'keep' });

/** Groups of runs, best validation first; groups without one stand last. */
export function groupLines(groups: readonly CompareGroup[], width: number): string[] {
  const value = (interval: Interval | undefined): string =>
    interval === undefined ? '' : formatInterval(interval);
  const rank = ({ best, train }: CompareGroup): number => best?.mean ?? train?.mean ?? Infinity;
  // where every run ends at its best, one column says both, and the names have room
  const showsBest = groups.some(({ best, validation }) => value(best) !== value(validation));
  const columns: readonly Column[] = [
    { title: 'Runs', overflow: 'wrap' },
    right('Seeds'),
    right('Validation'),
    ...(showsBest ? [right('Best validation')] : []),
    right('Training'),
    right('Time'),
  ];
  const rows = [...groups]
    .sort((a, b) => rank(a) - rank(b))
    .map((group) => [
      group.label,
      group.counted.length === group.runs.length
        ? String(group.counted.length)
        : `${group.counted.length} of ${group.runs.length}`,
      value(group.validation),
      ...(showsBest ? [value(group.best)] : []),
      value(group.train),
      group.seconds === undefined ? '' : formatDuration(group.seconds.mean),
    ]);
  return renderTable(columns, rows, width);
}

/** Columns of a line's name and of a run in which both are legible. */
const [nameWidth, runWidth] = [26, 18];

/** Rows in which the runs differ, runs as columns; as many tables below each other as the runs need. */
function differenceLines({ runs, rows }: Comparison, width: number): string[] {
  const differing = rows.filter(({ differs }) => differs);
  const fitting = Math.max(1, Math.floor((width - nameWidth) / runWidth));
  const lines: string[] = [];
  for (let first = 0; first < runs.length; first += fitting) {
    const end = first + fitting;
    const columns: Column[] = [
      { title: '', overflow: 'wrap' },
      ...runs
        .slice(first, end)
        .map(({ label }): Column => ({ title: label, align: 'right', overflow: 'wrap' })),
    ];
    const cells = differing.map(({ name, values }) => [name, ...values.slice(first, end)]);
    lines.push(...(first === 0 ? [] : ['']), ...renderTable(columns, cells, width));
  }
  return lines;
}

export function comparisonText(comparison: Comparison, width: number): string {
  const equal = comparison.rows.filter(({ differs }) => !differs).length;
  return [
    ...comparison.changes.flatMap((line) => wrap(printable(line), width)),
    '',
    ...groupLines(comparison.groups, width),
    ...(comparison.groups.some(({ runs }) => runs.length > 1)
      ? ['Means over seeds ± half the 95 % interval (Student).']
      : []),
    ...(comparison.groups.some(({ runs, counted }) => counted.length < runs.length)
      ? ['Left out of means: runs that did not finish, and older ones of the same seed.']
      : []),
    '',
    ...differenceLines(comparison, width),
    `${equal} more ${equal === 1 ? 'line is' : 'lines are'} equal in all.`,
    '',
  ].join('\n');
}

/** Prints the comparison of runs by path, id or part of an id. Throws `run-missing` or `run-ambiguous`. */
export function compareNamed(names: readonly string[], output: string, json: boolean, io: Io): number {
  const comparison = compareFolders(names.map((name) => findRun(name, output)));
  io.out(
    json
      ? `${JSON.stringify({ event: 'comparison', ...comparison })}\n`
      : comparisonText(comparison, io.columns),
  );
  return exitCodes.done;
}
