/** @file What the dataset's page shows: a list of rows, all or those that were found, one of them chosen. Pure. */
import type { FileState, Survey } from '../../runtime/contract/api/data.ts';

export interface DatasetState {
  readonly file: FileState | undefined;
  readonly survey: Survey | undefined;
  /** Row numbers from 1, of a search or a filter; undefined shows all rows. */
  readonly subset: readonly number[] | undefined;
  /** Of a search that goes on: bytes of the file behind it, 0..1. */
  readonly searching: number | undefined;
  /** More were found than are listed. */
  readonly more: boolean;
  /** Index in the list, from 0. */
  readonly chosen: number;
}

export const emptyDataset: DatasetState = {
  file: undefined,
  survey: undefined,
  subset: undefined,
  searching: undefined,
  more: false,
  chosen: 0,
};

/** Rows of the list. */
export const listLength = ({ subset, file }: DatasetState): number => subset?.length ?? file?.rows ?? 0;

/** The row at a place of the list, from 1. */
export const rowAt = ({ subset }: DatasetState, index: number): number => subset?.[index] ?? index + 1;

/** Place of a row in the list: itself, or the nearest behind it. */
export function indexOfRow({ subset }: DatasetState, row: number): number {
  if (subset === undefined) return Math.max(0, row - 1);
  const found = subset.findIndex((one) => one >= row);
  return found < 0 ? Math.max(0, subset.length - 1) : found;
}

export type Change =
  | { readonly kind: 'indexed'; readonly file: FileState }
  /** Null where it failed: what was known stays. */
  | { readonly kind: 'surveyed'; readonly survey: Survey | null }
  | { readonly kind: 'searching' }
  | { readonly kind: 'found'; readonly rows: readonly number[]; readonly share: number }
  | { readonly kind: 'searched'; readonly more: boolean }
  | { readonly kind: 'filtered'; readonly rows: readonly number[]; readonly found: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'chosen'; readonly index: number };

export function reduce(state: DatasetState, change: Change): DatasetState {
  switch (change.kind) {
    case 'indexed':
      return { ...state, file: change.file };
    case 'surveyed':
      return { ...state, survey: change.survey ?? state.survey };
    case 'searching':
      return { ...state, subset: [], searching: 0, more: false, chosen: 0 };
    case 'found':
      return { ...state, subset: [...(state.subset ?? []), ...change.rows], searching: change.share };
    case 'searched':
      return { ...state, searching: undefined, more: change.more };
    case 'filtered': {
      const { rows, found } = change;
      return { ...state, subset: rows, searching: undefined, more: found > rows.length, chosen: 0 };
    }
    case 'all':
      return { ...state, subset: undefined, searching: undefined, more: false, chosen: indexBefore(state) };
    case 'chosen':
      return { ...state, chosen: Math.max(0, Math.min(change.index, listLength(state) - 1)) };
  }
}

/** Leaving a search keeps the row. */
const indexBefore = (state: DatasetState): number =>
  listLength(state) === 0 ? 0 : rowAt(state, state.chosen) - 1;
