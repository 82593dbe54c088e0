/** @file Datasets, as the extension asks its helper process about them. Lines and rows count from 1, characters from 0. */
import type { RowNumbers } from '../rowNumbers.ts';

/** One way in which a config uses a data file. */
export interface DataUse {
  readonly config: string;
  readonly variant?: string;
  /** "tickets · rank 64": the config's stem, and the variant's name where it isn't the base. */
  readonly label: string;
  readonly role: 'train' | 'validation';
  /** Absolute. */
  readonly file: string;
  /** Rows are cut at this many tokens. */
  readonly length: number;
  /** As the config lists them; only rows of the training file are left out. */
  readonly exclude: RowNumbers;
}

/** Which of a config's views a question is about. `config` may be a run's config.resolved.json. */
export interface ViewName {
  readonly config: string;
  readonly variant?: string;
}

export type TextState = 'trained' | 'ignored' | 'cut';

/** UTF-16 units of a line, end exclusive. */
export interface CharacterRange {
  readonly start: number;
  readonly end: number;
}

export interface StateRange extends CharacterRange {
  readonly state: TextState;
}

export type RowFix =
  | {
      readonly kind: 'edit';
      readonly title: string;
      /** Each replaces a range of the line by a text. */
      readonly edits: readonly (CharacterRange & { readonly text: string })[];
    }
  /** A longer `data.length` in the config. */
  | { readonly kind: 'length'; readonly length: number };

export interface RowLint extends CharacterRange {
  readonly code: string;
  /** An error stops a run before it starts. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint?: string;
  readonly fixes: readonly RowFix[];
}

/** What a row's line means to training. */
export interface RowPreview {
  /** Before the cut; absent where the row can't be read, or no config says with which tokenizer. */
  readonly tokens?: number;
  /** Targets of the loss that are left after the cut. */
  readonly supervised?: number;
  readonly ranges: readonly StateRange[];
  readonly lints: readonly RowLint[];
}

export interface RenderedSegment {
  readonly text: string;
  readonly state: TextState;
  /** A special token, or the template's own words between contents. */
  readonly kind: 'content' | 'template' | 'special';
}

/** A row as the model sees it: turn by turn, with the template's words. */
export interface RenderedRow {
  readonly turns: readonly { readonly role: string; readonly segments: readonly RenderedSegment[] }[];
  readonly tokens: number;
  readonly supervised: number;
  readonly lints: readonly RowLint[];
  /** The row was so long that only its first characters are here. */
  readonly shortened: boolean;
}

/** One kind of remark about the rows of a file. */
export interface LintCount {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** About one row, to go on after its place. */
  readonly message: string;
  readonly count: number;
  /** The first of them, in order. */
  readonly lines: readonly number[];
}

/** A file as a whole. */
export interface Survey {
  readonly rows: number;
  readonly bytes: number;
  /** As recognised; absent where no row could be read. */
  readonly format?: string;
  /** What `lines` count. */
  readonly unit: 'line' | 'row';
  /** Rows that the config leaves out. */
  readonly excluded: number;
  /** Rows that were looked at: all, or an even sample of a large file, whose tokens are then an estimate for the whole. */
  readonly looked: number;
  readonly tokens?: TokenCounts;
  readonly lints: readonly LintCount[];
}

export interface TokenCounts {
  /** After the cut. */
  readonly tokens: number;
  readonly supervised: number;
  readonly truncated: number;
  /** Rows are cut at this many. */
  readonly length: number;
  readonly longest: number;
  readonly percentile95: number;
  /** Rows by their tokens before the cut: bin i counts those from i * width to below (i + 1) * width. */
  readonly histogram: { readonly width: number; readonly counts: readonly number[] };
}

export interface RowItem {
  /** From 1; `line` is the number that messages give it. */
  readonly row: number;
  readonly line: number;
  /** What was asked, on one line. */
  readonly excerpt: string;
  readonly tokens?: number;
  readonly supervised?: number;
  readonly lints: readonly string[];
  readonly excluded: boolean;
}

export interface FileState {
  readonly rows: number;
  /** Whether these are all, or an index is still on its way. */
  readonly complete: boolean;
  readonly done: number;
  readonly size: number;
}

/** What data files ask of a config. */
export type DataChange =
  | { readonly key: 'length'; readonly value: number }
  /** These rows join the list of those that are left out, or leave it. */
  | { readonly key: 'exclude'; readonly rows: readonly number[]; readonly excluded: boolean };

export type DataApi = {
  /**
   * Looks at all rows of a file, or at a sample of one above 50 MB unless `all` is set; `data/progress` says how far it is.
   * One file at a time; what was found is kept in `cache`, a folder, until file or config change.
   */
  readonly 'data/survey': {
    readonly params: {
      readonly file: string;
      readonly view: ViewName | null;
      readonly role: DataUse['role'];
      readonly cache: string;
      readonly all?: boolean;
    };
    readonly result: Survey;
  };
  /** Whether files look like datasets, from their first rows: the format of each, or null. */
  readonly 'data/recognise': {
    readonly params: { readonly files: readonly string[] };
    readonly result: { readonly formats: readonly (string | null)[] };
  };
  /**
   * Opens a file of any size for reading by row: its first rows, as they stand there, come back while the index begins;
   * `data/indexed` then says how far that is.
   */
  readonly 'data/open': {
    readonly params: { readonly file: string; readonly cache: string; readonly count: number };
    readonly result: FileState & { readonly unit: 'line' | 'row'; readonly first: readonly RowItem[] };
  };
  /** Up to 200 rows from `first` on, as far as they are known. With a view each is encoded. */
  readonly 'data/rows': {
    readonly params: {
      readonly file: string;
      readonly first: number;
      readonly count: number;
      readonly view: ViewName | null;
    };
    readonly result: { readonly rows: readonly RowItem[] };
  };
  /** One row as the model sees it; without a view, or where it can't be encoded, as it stands in the file. */
  readonly 'data/row': {
    readonly params: { readonly file: string; readonly row: number; readonly view: ViewName | null };
    readonly result: {
      readonly line: number;
      readonly text: string;
      readonly rendered: RenderedRow | null;
      readonly lints: readonly RowLint[];
    };
  };
  /** The row on a line; null where none begins there. */
  readonly 'data/rowAt': {
    readonly params: { readonly file: string; readonly line: number };
    readonly result: { readonly row: number | null };
  };
  /** Rows whose text contains another, whatever its case; `data/found` tells of them as they are found. */
  readonly 'data/search': {
    readonly params: { readonly file: string; readonly text: string; readonly id: number };
    readonly result: { readonly found: number; readonly more: boolean };
  };
  /** Rows with a lint, or with as many tokens; of a file that was surveyed as a whole. */
  readonly 'data/filter': {
    readonly params: {
      readonly file: string;
      readonly view: ViewName | null;
      readonly role: DataUse['role'];
      readonly cache: string;
      readonly lint?: string;
      readonly least?: number;
      readonly most?: number;
    };
    readonly result: { readonly rows: readonly number[]; readonly found: number };
  };

  /** Which data files these configs use, each variant for itself. Configs that can't be read use none. */
  readonly 'data/uses': {
    readonly params: { readonly configs: readonly string[] };
    readonly result: { readonly uses: readonly DataUse[] };
  };
  /** What training makes of lines of text, saved or not. Without a view only the format is looked at. */
  readonly 'data/spans': {
    readonly params: { readonly view: ViewName | null; readonly rows: readonly string[] };
    readonly result: { readonly rows: readonly RowPreview[]; readonly length?: number };
  };
  /**
   * What to write into a config's text, saved or not, so that a view's `data.exclude` or `data.length` changes: into its variant
   * where that has the key, else into the base. Rows join or leave the list that this text has.
   */
  readonly 'data/edit': {
    readonly params: {
      readonly text: string;
      readonly variant?: string;
      readonly change: DataChange;
    };
    readonly result: {
      readonly edits: readonly { readonly offset: number; readonly length: number; readonly text: string }[];
    };
  };
  /** One line through the template. */
  readonly 'data/render': {
    readonly params: { readonly view: ViewName; readonly row: string };
    readonly result: RenderedRow;
  };
  /**
   * Characters of each supervised token of a row of the view's training file, in the order of the encoded row; null for one
   * that stands for no character of the line (the template's words, an end token).
   */
  readonly 'data/tokens': {
    readonly params: { readonly view: ViewName; readonly line: number };
    readonly result: {
      readonly file: string;
      readonly line: number;
      readonly tokens: readonly (CharacterRange | null)[];
    };
  };
};

export type DataEvents = {
  readonly 'data/progress': { readonly file: string; readonly done: number; readonly size: number };
  readonly 'data/indexed': FileState & { readonly file: string };
  readonly 'data/found': {
    readonly id: number;
    /** Those that are new, in order. */
    readonly rows: readonly number[];
    readonly done: number;
    readonly size: number;
  };
};
