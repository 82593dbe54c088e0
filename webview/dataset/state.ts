/** @file What the dataset's page shows: a list of rows, all or those that were found, one of them chosen. Pure. */
import type { FileState, Survey } from '../../runtime/contract/api/data.ts';

/** A search, or a filter by lint or by tokens. */
export type Query =
  { readonly text: string } | { readonly lint?: string; readonly least?: number; readonly most?: number };

export interface DatasetState {
  readonly file: FileState | undefined;
  readonly survey: Survey | undefined;
  /** Row numbers from 1, of a search or a filter; undefined shows all rows. */
  readonly subset: readonly number[] | undefined;
  /** What found them. */
  readonly query: Query | undefined;
  /** It failed: its rows are not all. */
  readonly broken: boolean;
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
  query: undefined,
  broken: false,
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

/** Whether the row is where `indexOfRow` says, or all that could bring it is behind us. */
export function isReached({ file, subset, searching }: DatasetState, row: number): boolean {
  if (subset !== undefined) return searching === undefined || (subset.at(-1) ?? 0) >= row;
  return file?.complete === true || (file?.rows ?? 0) >= row;
}

/** What has to be asked again once the file is as it is now: row numbers of another content mean nothing. */
export function outdatedQuery(state: DatasetState, now: FileState, edited: boolean): Query | undefined {
  const { file, query, broken } = state;
  const isOther = file?.size !== now.size || (file.complete && now.complete && file.rows !== now.rows);
  return edited || broken || isOther ? query : undefined;
}

export type Change =
  | { readonly kind: 'indexed'; readonly file: FileState }
  /** Null where it failed: what was known stays. */
  | { readonly kind: 'surveyed'; readonly survey: Survey | null }
  | { readonly kind: 'searching'; readonly query: Query }
  | { readonly kind: 'found'; readonly rows: readonly number[]; readonly share: number }
  | { readonly kind: 'searched'; readonly more: boolean }
  /** What was asked for does not come. */
  | { readonly kind: 'failed' }
  | {
      readonly kind: 'filtered';
      readonly query: Query;
      readonly rows: readonly number[];
      readonly found: number;
    }
  | { readonly kind: 'all' }
  | { readonly kind: 'chosen'; readonly index: number };

export function reduce(state: DatasetState, change: Change): DatasetState {
  switch (change.kind) {
    case 'indexed':
      return { ...state, file: change.file };
    case 'surveyed':
      return { ...state, survey: change.survey ?? state.survey };
    case 'searching':
      return { ...state, ...all, subset: [], query: change.query, searching: 0, chosen: 0 };
    case 'found':
      if (state.searching === undefined) return state;
      return { ...state, subset: [...(state.subset ?? []), ...change.rows], searching: change.share };
    case 'searched':
      return { ...state, searching: undefined, more: change.more };
    case 'failed':
      return state.searching === undefined ? state : { ...state, searching: undefined, broken: true };
    case 'filtered': {
      const { query, rows, found } = change;
      return { ...state, ...all, subset: rows, query, more: found > rows.length, chosen: 0 };
    }
    case 'all':
      return { ...state, ...all, chosen: indexBefore(state) };
    case 'chosen':
      return { ...state, chosen: Math.max(0, Math.min(change.index, listLength(state) - 1)) };
  }
}

const all = {
  subset: undefined,
  query: undefined,
  broken: false,
  searching: undefined,
  more: false,
} as const;

/** Leaving a search keeps the row. */
const indexBefore = (state: DatasetState): number =>
  listLength(state) === 0 ? 0 : rowAt(state, state.chosen) - 1;
