/** @file What came of a config's variants: best result with its spread over seeds, and whether it still holds. Pure. */
import type { AdapterConfig, RunLineage, VariantSummary } from '../../runtime/contract/api/adapters.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { newerFirst } from '../runs/groups.ts';

/** The mean over runs that differ in their seed alone, with half of its 95 % interval. */
export interface Metric {
  readonly mean: number;
  /** Absent for one run. */
  readonly interval?: number;
  readonly seeds: number;
}

/** Why a result says nothing about the present files. */
export type Staleness = 'config' | 'data';

export interface VariantResult {
  readonly variant: VariantSummary;
  /** Newest first. */
  readonly runs: readonly RunSummary[];
  readonly best?: Metric;
  readonly stale: readonly Staleness[];
}

/**
 * Two-sided 97.5 % quantiles of Student's t for 1, 2, ... degrees of freedom: a mean of few runs is less certain than its
 * spread says. From 31 runs on the normal distribution's.
 */
const quantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** Mean and half the interval t s / sqrt(n). */
export function metricOf(values: readonly number[]): Metric | undefined {
  const seeds = values.length;
  if (seeds === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / seeds;
  if (seeds === 1) return { mean, seeds };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (seeds - 1);
  return { mean, seeds, interval: (quantiles[seeds - 2] ?? 1.96) * Math.sqrt(variance / seeds) };
}

/** What a run is judged by: its least validation loss, without validation its last training loss. */
const lossOf = ({ record }: RunSummary): number | undefined => record.bestLoss ?? record.loss;

/** The best mean over runs of one config; a run without its digest stands alone. */
function bestOf(runs: readonly RunSummary[], lineage: ReadonlyMap<string, RunLineage>): Metric | undefined {
  const groups = new Map<string, Map<number, number>>();
  for (const run of runs) {
    const loss = lossOf(run);
    if (run.record.status !== 'done' || loss === undefined || !Number.isFinite(loss)) continue;
    const digest = lineage.get(run.folder)?.digest ?? run.folder;
    const seeds = groups.get(digest) ?? new Map<number, number>();
    // newest first: of two runs with one seed the newer counts
    if (!seeds.has(run.record.seed)) seeds.set(run.record.seed, loss);
    groups.set(digest, seeds);
  }
  const metrics = [...groups.values()].map((seeds) => metricOf([...seeds.values()]));
  return metrics
    .filter((metric) => metric !== undefined)
    .sort((a, b) => a.mean - b.mean)
    .at(0);
}

/** The newest finished run decides: once trained anew, older results may be what they are. */
function stalenessOf(
  { digest }: VariantSummary,
  runs: readonly RunSummary[],
  lineage: ReadonlyMap<string, RunLineage>,
): readonly Staleness[] {
  const newest = runs.find(({ record }) => record.status === 'done');
  const known = newest === undefined ? undefined : lineage.get(newest.folder);
  if (known === undefined) return [];
  const config = digest !== undefined && known.digest !== undefined && digest !== known.digest;
  return [...(config ? (['config'] as const) : []), ...(known.changed.length > 0 ? (['data'] as const) : [])];
}

/** Runs by their config's file, newest first; made once for all configs. */
export function runsByConfig(runs: readonly RunSummary[]): ReadonlyMap<string, readonly RunSummary[]> {
  const found = new Map<string, RunSummary[]>();
  for (const run of [...runs].sort(newerFirst)) {
    const known = found.get(run.record.config);
    if (known === undefined) found.set(run.record.config, [run]);
    else known.push(run);
  }
  return found;
}

/** The config's variants in the file's order, then those that only old runs know. */
export function resultsOf(
  config: AdapterConfig,
  runs: readonly RunSummary[],
  lineage: ReadonlyMap<string, RunLineage>,
): readonly VariantResult[] {
  const names = new Set(config.variants.map(({ name }) => name));
  const gone = [...new Set(runs.map(({ record }) => record.variant))].filter((name) => !names.has(name));
  const variants: readonly VariantSummary[] = [
    ...config.variants,
    ...gone.flatMap((name) => (name === undefined ? [] : [{ name }])),
  ];
  return variants.map((variant) => {
    const own = runs.filter(({ record }) => record.variant === variant.name);
    const best = bestOf(own, lineage);
    return {
      variant,
      runs: own,
      stale: stalenessOf(variant, own, lineage),
      ...(best === undefined ? {} : { best }),
    };
  });
}
