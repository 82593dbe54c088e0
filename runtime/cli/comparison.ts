/** @file The table after several variants were trained. */
import { formatDuration, formatNumber } from '../contract/format.ts';
import type { Progress } from './progress.ts';
import { renderTable } from './table.ts';
import type { Column } from './table.ts';

export interface Outcome {
  readonly variant: string;
  readonly progress: Progress;
}

const columns: readonly Column[] = [
  { title: 'Variant' },
  { title: 'Steps', align: 'right', overflow: 'keep' },
  { title: 'Loss', align: 'right', overflow: 'keep' },
  { title: 'Best validation', align: 'right', overflow: 'keep' },
  { title: 'Time', align: 'right', overflow: 'keep' },
];

/** One row a variant, in the order of the file. */
export function comparisonLines(outcomes: readonly Outcome[], width: number): string[] {
  const number = (value: number | undefined): string => (value === undefined ? '' : formatNumber(value));
  const rows = outcomes.map(({ variant, progress }) => [
    variant,
    `${progress.step}/${progress.steps}`,
    number(progress.loss),
    number(progress.best),
    formatDuration(progress.seconds),
  ]);
  return renderTable(columns, rows, width);
}
