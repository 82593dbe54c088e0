/** @file What the page of compared runs and the extension say to each other. */
import type { ComparedAnswers, ComparedSample, Comparison } from '../../runtime/contract/api/compare.ts';
import type { RunPart } from '../../runtime/contract/steps.ts';

export interface Loaded {
  readonly comparison: Comparison;
  readonly runs: readonly { readonly folder: string; readonly parts: readonly RunPart[] }[];
}

export type SavedFile =
  | { readonly kind: 'table'; readonly csv: string }
  | { readonly kind: 'plot'; readonly title: string; readonly svg: string; readonly png: string };

/** The page asks. */
export type ComparePageApi = {
  /** Everything so far; the page asks once, when it has loaded. */
  readonly 'compare/load': { readonly params: null; readonly result: Loaded };
  /** Training rows on which the runs differ most; `folders` are the page's runs, which a deleted one is no longer among. */
  readonly 'compare/samples': {
    readonly params: { readonly folders: readonly string[] };
    readonly result: { readonly samples: readonly ComparedSample[] };
  };
  /** Held-out rows with the answers of these runs of the page. */
  readonly 'compare/answers': {
    readonly params: { readonly folders: readonly string[] };
    readonly result: { readonly answers: readonly ComparedAnswers[] };
  };
  /** Asks the person where to; false where they chose nothing. */
  readonly 'compare/save': { readonly params: SavedFile; readonly result: boolean };
  /** Opens the page of one run. */
  readonly 'compare/open': { readonly params: { readonly folder: string }; readonly result: null };
};

/** The extension tells. */
export type ComparePageEvents = {
  readonly 'compare/changed': Comparison;
  /** `restarted` means that the file began anew: forget what came before. */
  readonly 'compare/events': {
    readonly folder: string;
    readonly parts: readonly RunPart[];
    readonly restarted: boolean;
  };
  /** The helper process was started anew: this replaces all. */
  readonly 'compare/reloaded': Loaded;
};
