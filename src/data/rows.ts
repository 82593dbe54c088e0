/** @file How a data file looks in the tree: words and icon. Pure, so that every state is a test. */
import type { DataUse, Survey } from '../../runtime/contract/api/data.ts';
import { fileCard, fileDescription } from './words.ts';
import type { TreeRow } from '../common/treeRow.ts';

export interface DatasetRow extends TreeRow {
  /** Markdown. */
  readonly tooltip: string;
  readonly icon: { readonly id: string; readonly color?: string };
}

export interface DatasetState {
  /** Relative to the folder. */
  readonly label: string;
  readonly survey: Survey | undefined;
  readonly failure: string | undefined;
  readonly uses: readonly DataUse[];
}

function iconOf({ survey, failure, uses }: DatasetState): DatasetRow['icon'] {
  if (failure !== undefined || survey?.lints.some(({ severity }) => severity === 'error') === true)
    return { id: 'error', color: 'list.errorForeground' };
  if ((survey?.lints.length ?? 0) > 0) return { id: 'warning', color: 'list.warningForeground' };
  return uses.length > 0 ? { id: 'database', color: 'charts.blue' } : { id: 'database' };
}

export const datasetRow = (state: DatasetState): DatasetRow => ({
  label: state.label,
  description: state.failure ?? (state.survey === undefined ? '' : fileDescription(state.survey)),
  tooltip: fileCard(state.label, state.survey, state.uses, state.failure),
  icon: iconOf(state),
});
