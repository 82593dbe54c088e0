/** @file Seeds on one scale: a point a run, a bar for the mean's 95 % interval, a tick for the mean. Pure geometry in 0..1. */
import type { Comparison, Interval, RunMetrics } from '../../runtime/contract/api/compare.ts';

export type Measure = 'validation' | 'best' | 'train';

export interface Strip {
  readonly points: readonly number[];
  readonly mean: number;
  /** Ends of the interval; cut at the scale's ends where it reaches beyond. */
  readonly interval?: readonly [number, number];
  readonly isCut: boolean;
}

const valueOf = (metrics: RunMetrics, measure: Measure): number | undefined =>
  measure === 'best' ? metrics.best?.loss : metrics[measure];

/** The first measure that a group has, the one a person came for first. */
export function mainMeasure({ groups }: Comparison): Measure | undefined {
  return (['best', 'validation', 'train'] as const).find((measure) =>
    groups.some((group) => group[measure] !== undefined),
  );
}

/**
 * One strip a group, undefined where it has no value. The scale reaches over all points with a little room, and is logarithmic
 * where they span over a decade: two seeds have intervals so wide (t = 12.7) that a scale for them would show nothing else.
 */
export function strips(comparison: Comparison, measure: Measure): (Strip | undefined)[] {
  const { groups, runs } = comparison;
  const values = groups.map((group) =>
    group.counted
      .map((index) => valueOf(runs[index]!.metrics, measure))
      .filter((value) => value !== undefined && Number.isFinite(value)),
  ) as number[][];
  const all = values.flat();
  if (all.length === 0) return groups.map(() => undefined);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const isLog = least > 0 && most / least > 10;
  const map = (value: number): number => (isLog ? Math.log(Math.max(value, least / 1e3)) : value);
  const room = (map(most) - map(least)) * 0.1 || Math.abs(map(most)) * 0.1 || 1;
  const [low, high] = [map(least) - room, map(most) + room];
  const place = (value: number): number => (map(value) - low) / (high - low);
  return groups.map((group, i) => {
    const interval: Interval | undefined = group[measure];
    if (interval === undefined || values[i]!.length === 0) return undefined;
    const { mean, half } = interval;
    const points = values[i]!.map(place);
    if (half === undefined) return { points, mean: place(mean), isCut: false };
    const ends = [place(mean - half), place(mean + half)] as const;
    const cut = ends.map((end) => Math.min(1, Math.max(0, end))) as [number, number];
    return { points, mean: place(mean), interval: cut, isCut: cut[0] !== ends[0] || cut[1] !== ends[1] };
  });
}
