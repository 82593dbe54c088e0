/** @file What `serve` answers about comparisons: follows several runs at once, and says anew what differs when one changes. */
import type { CompareApi, CompareEvents, Comparison } from '../contract/api/compare.ts';
import { packSteps } from '../contract/steps.ts';
import type { RunPart } from '../contract/steps.ts';
import { readAnswers } from '../runs/answers.ts';
import { compareRuns, openRun } from '../runs/compare.ts';
import { compareAnswers } from '../runs/compareAnswers.ts';
import type { RunFacts } from '../runs/compare.ts';
import { foldMetrics, metricsOf, noMetrics } from '../runs/metrics.ts';
import type { MetricsState } from '../runs/metrics.ts';
import { readLastSamples } from '../runs/samples.ts';
import type { Answers, Emit } from './answers.ts';
import type { Reading } from './eventTail.ts';
import { Follower } from './follower.ts';
import { gather, watchFolder } from './folderWatch.ts';
import type { Watch } from './folderWatch.ts';

/** The table changes at most twice a second; curves follow faster. */
const reportEvery = 500;
/** More would be neither a table nor a plot. */
const mostRuns = 200;

interface Followed {
  facts: Omit<RunFacts, 'metrics'>;
  metrics: MetricsState;
  readonly follower: Follower;
  readonly watch: Watch;
}

class FollowedComparison {
  readonly #runs = new Map<string, Followed>();
  readonly #dirty = new Set<string>();
  readonly #tell;
  readonly #page: string;
  readonly #emit: Emit<CompareEvents>;
  /** What runs tell before all of them were read: the answer has it too. */
  #early: { readonly folder: string; readonly reading: Reading }[] | undefined = [];

  constructor(page: string, folders: readonly string[], emit: Emit<CompareEvents>) {
    [this.#page, this.#emit] = [page, emit];
    this.#tell = gather(() => {
      this.#reread();
      emit('compare/changed', { page, comparison: this.comparison() });
    }, reportEvery);
    for (const folder of [...new Set(folders)].slice(0, mostRuns)) {
      const facts = openRun(folder);
      if (facts === undefined) continue;
      const changed = (): void => {
        this.#dirty.add(folder);
        this.#tell.call();
      };
      const follower = new Follower(folder, (reading) => {
        if (this.#early === undefined) this.#take(folder, reading);
        else this.#early.push({ folder, reading });
        changed();
      });
      this.#runs.set(folder, { facts, metrics: noMetrics, follower, watch: watchFolder(folder, changed) });
    }
  }

  #take(folder: string, reading: Reading): void {
    const run = this.#runs.get(folder);
    if (run === undefined) return;
    run.metrics = folded(run.metrics, reading);
    const parts = packSteps(reading.events);
    this.#emit('compare/events', { page: this.#page, folder, parts, restarted: reading.restarted });
  }

  /** All events so far, for the one answer; the metrics follow from them. */
  async read(): Promise<{ folder: string; parts: RunPart[] }[]> {
    const firsts = await Promise.all(
      [...this.#runs].map(async ([folder, { follower }]) => [folder, await follower.events()] as const),
    );
    const events = new Map(firsts);
    for (const { folder, reading } of this.#early ?? [])
      events.set(folder, [...(reading.restarted ? [] : (events.get(folder) ?? [])), ...reading.events]);
    this.#early = undefined;
    for (const [folder, run] of this.#runs)
      run.metrics = folded(noMetrics, { events: events.get(folder) ?? [], restarted: true });
    return [...events].map(([folder, all]) => ({ folder, parts: packSteps(all) }));
  }

  comparison(): Comparison {
    return compareRuns(
      [...this.#runs.values()].map(({ facts, metrics }) => ({ ...facts, metrics: metricsOf(metrics) })),
    );
  }

  /** Records of runs whose folders have changed; one that was deleted stays as it was. */
  #reread(): void {
    for (const folder of this.#dirty) {
      const run = this.#runs.get(folder);
      if (run !== undefined) run.facts = openRun(folder) ?? run.facts;
    }
    this.#dirty.clear();
  }

  close(): void {
    this.#tell.cancel();
    for (const { follower, watch } of this.#runs.values()) {
      follower.close();
      watch.close();
    }
    this.#runs.clear();
  }
}

const folded = (before: MetricsState, { events, restarted }: Reading): MetricsState =>
  events.reduce(foldMetrics, restarted ? noMetrics : before);

export function compareHandlers(emit: Emit<CompareEvents>): Answers<CompareApi> {
  const pages = new Map<string, FollowedComparison>();
  const leave = (page: string): void => {
    pages.get(page)?.close();
    pages.delete(page);
  };
  return {
    dispose: () => {
      for (const page of [...pages.keys()]) leave(page);
    },
    handlers: {
      'compare/follow': async ({ page, folders }) => {
        leave(page);
        const followed = new FollowedComparison(page, folders, emit);
        pages.set(page, followed);
        const runs = await followed.read();
        return { comparison: followed.comparison(), runs };
      },
      'compare/leave': ({ page }) => {
        leave(page);
        return null;
      },
      'compare/answers': ({ folders }) => ({
        answers: compareAnswers(folders.slice(0, mostRuns).map(readAnswers)),
      }),
      'compare/samples': ({ folders, most }) => {
        const asked = folders.slice(0, mostRuns);
        // a deleted run says nothing of its data, and has no losses
        const data = asked
          .map(openRun)
          .filter((run) => run !== undefined)
          .map(({ record }) => record.hashes['train']);
        const comparable = data[0] !== undefined && data.every((hash) => hash === data[0]);
        return { samples: comparable ? mostDifferent(asked.map(readLastSamples), most) : [] };
      },
    },
  };
}

/** Rows by the spread of their losses between the runs, the largest first; only those that two runs have seen. */
function mostDifferent(
  runs: readonly ReadonlyMap<number, number>[],
  most: number,
): { row: number; losses: (number | null)[] }[] {
  const rows = new Set(runs.flatMap((losses) => [...losses.keys()]));
  const spread = (row: number): number => {
    const seen = runs.map((losses) => losses.get(row)).filter((loss) => loss !== undefined);
    return seen.length < 2 ? -1 : Math.max(...seen) - Math.min(...seen);
  };
  return [...rows]
    .map((row) => ({ row, spread: spread(row) }))
    .filter((entry) => entry.spread > 0)
    .sort((a, b) => b.spread - a.spread || a.row - b.row)
    .slice(0, most)
    .map(({ row }) => ({ row, losses: runs.map((losses) => losses.get(row) ?? null) }));
}
