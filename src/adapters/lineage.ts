/** @file Of which runs the lineage decides what the Adapters view says. Pure. */
import type { AdapterConfig, RunLineage } from '../../runtime/contract/api/adapters.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { newerFirst } from '../runs/groups.ts';

/** More finished runs of one variant change its best mean no more in any way that a row shows. */
const runsAVariant = 30;

/** Finished runs of configs that are still there, the newest of each variant; known ones are left out. */
export function lineageWanted(
  runs: readonly RunSummary[],
  configs: ReadonlyMap<string, AdapterConfig>,
  known: ReadonlyMap<string, RunLineage>,
): string[] {
  const counts = new Map<string, number>();
  const wanted: string[] = [];
  for (const { folder, record } of [...runs].sort(newerFirst)) {
    if (record.status !== 'done' || !configs.has(record.config)) continue;
    const key = `${record.config}\n${record.variant ?? ''}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count <= runsAVariant && !known.has(folder)) wanted.push(folder);
  }
  return wanted;
}
