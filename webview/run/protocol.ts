/** @file What the run's page and the extension say to each other. */
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { RunPart } from '../../runtime/contract/steps.ts';

/** The page asks. */
export type RunPageApi = {
  /** Everything so far; the page asks once, when it has loaded. */
  readonly 'run/load': {
    readonly params: null;
    readonly result: { readonly summary: RunSummary; readonly parts: readonly RunPart[] };
  };
  readonly 'run/stop': { readonly params: null; readonly result: null };
  readonly 'run/resume': { readonly params: null; readonly result: null };
  readonly 'run/show': { readonly params: { readonly what: 'config' | 'folder' }; readonly result: null };
};

/** The extension tells. */
export type RunPageEvents = {
  readonly 'run/changed': RunSummary;
  /** `restarted` means that the file began anew: forget what came before. */
  readonly 'run/events': { readonly parts: readonly RunPart[]; readonly restarted: boolean };
};
