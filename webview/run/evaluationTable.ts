/** @file A run's evaluations as a table: one a row, the newest first, a column for each number that there is. Pure. */
import * as l10n from '@vscode/l10n';
import { formatCount, formatDuration, formatNumber, formatPercent } from '../../runtime/contract/format.ts';
import type { EvaluationEvent } from '../../runtime/contract/run.ts';
import type { TableColumn } from '../common/elements.ts';

/** A page draws this many evaluations; the file has all. */
const mostEvaluations = 500;

interface Column extends TableColumn {
  readonly cell: (evaluation: EvaluationEvent) => string;
}

/** At least one evaluation is given. */
export function evaluationTable(evaluations: readonly EvaluationEvent[]): {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly string[])[];
} {
  const columns = columnsOf(evaluations);
  const rows = evaluations.slice(-mostEvaluations).reverse();
  return { columns, rows: rows.map((evaluation) => columns.map(({ cell }) => cell(evaluation))) };
}

function columnsOf(evaluations: readonly EvaluationEvent[]): Column[] {
  const first = evaluations[0]!;
  const best = evaluations.reduce((a, b) => (b.loss < a.loss ? b : a));
  const number = (title: string, cell: Column['cell']): Column => ({ title, isNumber: true, cell });
  const known = (name: 'trainedLoss' | 'accuracy', column: Column): Column[] =>
    evaluations.some((evaluation) => evaluation[name] !== undefined) ? [column] : [];
  return [
    number(l10n.t('Step'), ({ step }) => formatCount(step)),
    number(l10n.t('Loss'), ({ loss }) => formatNumber(loss)),
    number(l10n.t('Since the first'), (evaluation) =>
      evaluation === first ? '' : change(evaluation.loss, first.loss),
    ),
    { title: '', cell: (evaluation) => (evaluation === best ? l10n.t('best') : '') },
    ...known(
      'trainedLoss',
      number(l10n.t('Smaller base'), ({ trainedLoss }) =>
        trainedLoss === undefined ? '' : formatNumber(trainedLoss),
      ),
    ),
    ...known(
      'accuracy',
      number(l10n.t('Accuracy'), ({ accuracy }) => (accuracy === undefined ? '' : formatPercent(accuracy))),
    ),
    number(l10n.t('Tokens'), ({ tokens }) => formatCount(tokens)),
    number(l10n.t('Took'), ({ seconds }) => formatDuration(seconds)),
  ];
}

/** "-12 %" */
function change(value: number, from: number): string {
  const percent = (value / from - 1) * 100;
  return `${percent > 0 ? '+' : ''}${Math.abs(percent) >= 10 ? percent.toFixed(0) : percent.toFixed(1)} %`;
}
