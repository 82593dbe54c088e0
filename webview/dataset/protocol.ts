/** @file What the dataset's page and the extension say to each other. */
import type { FileState, RenderedRow, RowItem, RowLint, Survey } from '../../runtime/contract/api/data.ts';

/** Through which config the file is looked at. */
export interface PageView {
  readonly label: string;
  /** More than one config or variant uses the file. */
  readonly canChoose: boolean;
}

export interface PageFile {
  readonly state: FileState;
  readonly unit: 'line' | 'row';
  /** The first rows as they stand there, so that they show at once. */
  readonly rows: readonly RowItem[];
  /** Absent where no config uses the file. */
  readonly view?: PageView;
  /** Row to begin at, where the page was opened at one. */
  readonly row?: number;
  /** The page was opened for its lengths. */
  readonly statistics?: boolean;
}

export interface ShownRow {
  readonly line: number;
  readonly text: string;
  readonly rendered: RenderedRow | null;
  readonly lints: readonly RowLint[];
}

/** The page asks. */
export type DatasetPageApi = {
  readonly 'page/load': { readonly params: null; readonly result: PageFile };
  /** `encoded` rows have their tokens and lints; the others come sooner. */
  readonly 'page/rows': {
    readonly params: { readonly first: number; readonly count: number; readonly encoded: boolean };
    readonly result: { readonly rows: readonly RowItem[] };
  };
  readonly 'page/row': { readonly params: { readonly row: number }; readonly result: ShownRow };
  /** Lengths, counts and lints; null where that fails. The reason says why there is nothing, or nothing of tokens. */
  readonly 'page/survey': {
    readonly params: { readonly all: boolean };
    readonly result: { readonly survey: Survey | null; readonly reason?: string };
  };
  readonly 'page/search': {
    readonly params: { readonly text: string; readonly id: number };
    readonly result: { readonly found: number; readonly more: boolean };
  };
  readonly 'page/filter': {
    readonly params: { readonly lint?: string; readonly least?: number; readonly most?: number };
    readonly result: { readonly rows: readonly number[]; readonly found: number };
  };
  readonly 'page/choose': { readonly params: null; readonly result: null };
  /** Writes the row into the config's list of rows to leave out, or takes it from there. */
  readonly 'page/exclude': {
    readonly params: { readonly line: number; readonly excluded: boolean };
    readonly result: null;
  };
};

/** The extension tells. */
export type DatasetPageEvents = {
  readonly 'page/indexed': FileState;
  readonly 'page/found': { readonly id: number; readonly rows: readonly number[]; readonly done: number };
  readonly 'page/progress': { readonly done: number; readonly size: number };
  /** The config changed, or the file itself was edited: everything has to be asked anew. */
  readonly 'page/changed': { readonly edited: boolean };
  /** Go to the lengths. */
  readonly 'page/statistics': null;
  /** Show this row. */
  readonly 'page/reveal': { readonly row: number };
};
