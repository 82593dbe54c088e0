/** @file "rank 16 → 64, data +14 rows, same seed": what changed from one group of runs to another, in words. Pure. */
import type { RunMetrics } from '../contract/api/compare.ts';
import { formatCount } from '../contract/format.ts';
import type { RunRecord } from '../contract/run.ts';

interface Facts {
  readonly record: RunRecord;
  readonly config: ReadonlyMap<string, string>;
  readonly metrics: RunMetrics;
}

export interface WordsGroup {
  readonly label: string;
  /** They differ in their seed alone. */
  readonly runs: readonly Facts[];
}

/** Longer ones are told by their key: a list of layers is no word. */
const longestValue = 32;

/** `rank` of `method.rank`, unless another key that changed ends so too. */
function shortNames(keys: readonly string[]): string[] {
  const last = (key: string): string => key.slice(key.lastIndexOf('.') + 1);
  return keys.map((key) => (keys.filter((other) => last(other) === last(key)).length > 1 ? key : last(key)));
}

function configWords(before: Facts, after: Facts): string[] {
  const keys = [...new Set([...before.config.keys(), ...after.config.keys()])].filter(
    (key) => before.config.get(key) !== after.config.get(key),
  );
  const names = shortNames(keys);
  return keys.map((key, i) => {
    const [old, now] = [before.config.get(key), after.config.get(key)];
    if (old === undefined) return `${names[i]!} ${shown(now!)} added`;
    if (now === undefined) return `${names[i]!} left out`;
    if (old.length > longestValue || now.length > longestValue) return `other ${names[i]!}`;
    return `${names[i]!} ${old} → ${now}`;
  });
}

const shown = (value: string): string =>
  value.length > longestValue ? `${value.slice(0, longestValue)}…` : value;

/** "data +14 rows": the content's hash decides, the rows say how much. */
function dataWords(before: Facts, after: Facts): string[] {
  const words: string[] = [];
  const changed = (role: string): boolean => {
    const [old, now] = [before.record.hashes[role], after.record.hashes[role]];
    return old !== undefined && now !== undefined && old !== now;
  };
  if (changed('train')) {
    const more = (after.metrics.rows ?? NaN) - (before.metrics.rows ?? NaN);
    const count = `${more > 0 ? '+' : '−'}${formatCount(Math.abs(more))} row${Math.abs(more) === 1 ? '' : 's'}`;
    words.push(Number.isNaN(more) ? 'other data' : more === 0 ? 'other data, as many rows' : `data ${count}`);
  }
  if (changed('validation')) words.push('other validation data');
  if (changed('base')) words.push('other base weights');
  return words;
}

function environmentWords(before: Facts, after: Facts): string[] {
  const words: string[] = [];
  const [old, now] = [before.record, after.record];
  if (old.device !== now.device) words.push(`device ${old.device} → ${now.device}`);
  for (const [name, version] of Object.entries(now.versions))
    if (old.versions[name] !== undefined && old.versions[name] !== version)
      words.push(`${name} ${old.versions[name]} → ${version}`);
  return words;
}

const seedsOf = ({ runs }: WordsGroup): number[] =>
  [...new Set(runs.map(({ record }) => record.seed))].sort((a, b) => a - b);

function seedWords(before: WordsGroup, after: WordsGroup): string {
  const [old, now] = [seedsOf(before), seedsOf(after)];
  if (old.join() === now.join()) return old.length === 1 ? 'same seed' : 'same seeds';
  return `${old.length === 1 && now.length === 1 ? 'seed' : 'seeds'} ${old.join(', ')} → ${now.join(', ')}`;
}

/** A line for each group after the first, against the first; one line about the seeds where there is one group only. */
export function changeWords(groups: readonly WordsGroup[]): string[] {
  const [first, ...others] = groups;
  const before = first?.runs[0];
  if (first === undefined || before === undefined) return [];
  if (others.length === 0) {
    const seeds = seedsOf(first);
    const same = 'same config and data';
    return [seeds.length > 1 ? `${same}, seeds ${seeds.join(', ')}` : `${same}, same seed`];
  }
  return others.map((group) => {
    const after = group.runs[0]!;
    const words = [
      ...configWords(before, after),
      ...dataWords(before, after),
      ...environmentWords(before, after),
      seedWords(first, group),
    ];
    return others.length === 1 ? words.join(', ') : `${group.label}: ${words.join(', ')}`;
  });
}
