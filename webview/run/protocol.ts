/** @file What the run's page and the extension say to each other. */
import type { RunTexts, StepRows } from '../../runtime/contract/api/runDetails.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { Samples } from '../../runtime/contract/run.ts';
import type { FlatParts } from '../../runtime/contract/steps.ts';

export type RowAction = 'open' | 'tokens' | 'exclude' | 'copy';

/** A file to be saved where the person wants it. */
export type SavedFile =
  | {
      readonly kind: 'plot';
      readonly title: string;
      readonly svg: string;
      /** In base64. */ readonly png: string;
    }
  | { readonly kind: 'metrics'; readonly csv: string };

/** The page asks. */
export type RunPageApi = {
  /** Everything so far, or of a long run an overview of its steps; the page asks once, when it has loaded. */
  readonly 'run/load': {
    readonly params: null;
    readonly result: {
      readonly summary: RunSummary;
      readonly steps: readonly FlatParts[];
      readonly isOverview: boolean;
    };
  };
  /** Everything so far; the page asks behind an overview, and hears of new steps from then on. */
  readonly 'run/whole': { readonly params: null; readonly result: readonly FlatParts[] };
  readonly 'run/texts': { readonly params: null; readonly result: RunTexts };
  readonly 'run/samples': { readonly params: null; readonly result: Samples | null };
  readonly 'run/rows': { readonly params: { readonly step: number }; readonly result: StepRows };
  readonly 'run/row': {
    readonly params: { readonly step: number; readonly row: number; readonly action: RowAction };
    readonly result: null;
  };
  readonly 'run/stop': { readonly params: null; readonly result: null };
  readonly 'run/resume': { readonly params: null; readonly result: null };
  /** `key` of the config to go to, in the config that wrote the run. */
  readonly 'run/show': {
    readonly params: { readonly what: 'config' | 'folder' | 'log' | 'adapter' | 'data' };
    readonly result: null;
  };
  readonly 'run/showKey': { readonly params: { readonly key: string }; readonly result: null };
  /** True when it was saved. */
  readonly 'run/save': { readonly params: SavedFile; readonly result: boolean };
};

/** The extension tells. */
export type RunPageEvents = {
  readonly 'run/changed': RunSummary;
  /** It isn't listed any more. */
  readonly 'run/gone': null;
  /** `restarted` means that the file began anew: forget what came before. */
  readonly 'run/events': { readonly steps: FlatParts; readonly restarted: boolean };
};
