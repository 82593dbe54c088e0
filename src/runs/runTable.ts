/** @file The runs that the helper reported, and what a report changes. */
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { ServeEvents } from '../../runtime/contract/protocol.ts';
import { endMessage } from './rows.ts';

export interface TableChange {
  /** Runs that look different, but stand where they stood. */
  readonly updated: readonly RunSummary[];
  /** Runs came or went. */
  readonly reordered: boolean;
  /** What to tell the person, once. */
  readonly endings: readonly { readonly run: RunSummary; readonly text: string; readonly failed: boolean }[];
}

export class RunTable {
  readonly #runs = new Map<string, RunSummary>();

  all(): readonly RunSummary[] {
    return [...this.#runs.values()];
  }

  get(folder: string): RunSummary | undefined {
    return this.#runs.get(folder);
  }

  /** A whole new list: what is missing in it has gone. */
  replace(runs: readonly RunSummary[]): TableChange {
    const listed = new Set(runs.map((run) => run.folder));
    return this.apply({ runs, gone: [...this.#runs.keys()].filter((folder) => !listed.has(folder)) });
  }

  apply({ runs, gone }: ServeEvents['runs/changed']): TableChange {
    const updated: RunSummary[] = [];
    const endings: TableChange['endings'][number][] = [];
    let reordered = false;
    for (const folder of gone) reordered = this.#runs.delete(folder) || reordered;
    for (const run of runs) {
      const before = this.#runs.get(run.folder);
      this.#runs.set(run.folder, run);
      if (before === undefined) reordered = true;
      else updated.push(run);
      const ending = endMessage(before?.record.status, run);
      if (ending !== undefined) endings.push({ run, ...ending });
    }
    return { updated, reordered, endings };
  }
}
