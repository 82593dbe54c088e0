/** @file Compares runs: what differs in config, data and environment, what came out, and seeds grouped. Pure but for `openRun`. */
import type {
  ComparedRun,
  CompareGroup,
  CompareRow,
  CompareSection,
  Comparison,
  Interval,
  RunMetrics,
} from '../contract/api/compare.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../contract/format.ts';
import type { RunRecord } from '../contract/run.ts';
import { changeWords } from './compareWords.ts';
import { meanInterval } from './interval.ts';
import { readResolvedConfig, readSummary } from './read.ts';

/** A run as it is compared. */
export interface RunFacts {
  readonly folder: string;
  readonly record: RunRecord;
  /** Values by dotted key, the seed and the folder of runs left out; empty where the run's config can't be read. */
  readonly config: ReadonlyMap<string, string>;
  readonly metrics: RunMetrics;
}

/** Where runs lie, which seed they had and how often they answered says nothing about what they learned. */
const ignored = new Set(['output', 'training.seed', 'training.samples']);

/** Every value of a config by its dotted key; lists as JSON. */
export function flatConfig(config: ResolvedConfig): Map<string, string> {
  const flat = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (value === undefined || ignored.has(path)) return;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      flat.set(path, typeof value === 'string' ? value : JSON.stringify(value));
      return;
    }
    for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`);
  };
  walk(config, '');
  return flat;
}

/** The texts of what a file gives as a table of texts. */
const texts = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(value ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );

/** The run in a folder without its metrics; undefined where there is none. A run whose config is damaged has an empty one. */
export function openRun(folder: string): Omit<RunFacts, 'metrics'> | undefined {
  const summary = readSummary(folder);
  if (summary === undefined) return undefined;
  const { record: read, label } = summary;
  const record = {
    ...read,
    ...(label === undefined ? {} : { name: label }),
    hashes: texts(read.hashes),
    versions: texts(read.versions),
  };
  try {
    return { folder, record, config: flatConfig(readResolvedConfig(folder)) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { folder, record, config: new Map() };
  }
}

/** Equal for runs that differ in their seed alone. */
const groupKey = ({ config, record }: RunFacts): string =>
  JSON.stringify([...config].sort().concat(Object.entries(record.hashes).sort()));

export const runLabel = ({ name, variant }: Pick<RunRecord, 'name' | 'variant'>): string =>
  variant === undefined ? name : `${name} · ${variant}`;

/** Labels that are equal get what tells them apart: a seed within a group, a number between groups. */
function distinct(labels: readonly string[], more: (index: number) => string): string[] {
  return labels.map((label, i) =>
    labels.some((other, j) => i !== j && other === label) ? `${label} · ${more(i)}` : label,
  );
}

const finite = (values: readonly (number | undefined)[]): number[] =>
  values.filter((value) => value !== undefined && Number.isFinite(value)) as number[];

/** A run that ended early, or the same seed again, is no further sample of what the config comes to. */
function countedOf(members: readonly number[], runs: readonly RunFacts[]): number[] {
  const done = members.filter((i) => runs[i]!.record.status === 'done');
  const bySeed = new Map<number, number>();
  for (const i of done.length > 0 ? done : members) {
    const { seed, created } = runs[i]!.record;
    const known = bySeed.get(seed);
    if (known === undefined || runs[known]!.record.created <= created) bySeed.set(seed, i);
  }
  return [...bySeed.values()].sort((a, b) => a - b);
}

function groupOf(label: string, members: readonly number[], runs: readonly RunFacts[]): CompareGroup {
  const counted = countedOf(members, runs);
  const over = (value: (metrics: RunMetrics) => number | undefined): Interval | undefined =>
    meanInterval(finite(counted.map((i) => value(runs[i]!.metrics))));
  const measures = {
    train: over(({ train }) => train),
    validation: over(({ validation }) => validation),
    best: over(({ best }) => best?.loss),
    seconds: over(({ seconds }) => seconds),
  };
  const known = Object.entries(measures).filter(([, interval]) => interval !== undefined);
  return { label, runs: members, counted, ...Object.fromEntries(known) };
}

const shown = (value: number | undefined, format: (value: number) => string): string | undefined =>
  value === undefined ? undefined : format(value);

/** Lines of the table without their flag. */
type Line = readonly [section: CompareSection, name: string, value: (run: RunFacts) => string | undefined];

const resultLines: readonly Line[] = [
  ['result', 'Status', ({ record }) => record.status],
  ['result', 'Validation loss', ({ metrics }) => shown(metrics.validation, formatNumber)],
  [
    'result',
    'Best validation loss',
    ({ metrics: { best } }) => best && `${formatNumber(best.loss)} at step ${formatCount(best.step)}`,
  ],
  ['result', 'Training loss (mean of last 10 steps)', ({ metrics }) => shown(metrics.train, formatNumber)],
  ['result', 'Steps', ({ metrics: { step, steps } }) => `${formatCount(step)} of ${formatCount(steps)}`],
  ['result', 'Time in steps', ({ metrics }) => formatDuration(metrics.seconds)],
  ['result', 'Tokens/s', ({ metrics }) => shown(metrics.tokensPerSecond, formatNumber)],
  ['result', 'Trained parameters', ({ record }) => shown(record.trainable, formatCount)],
  ['result', 'Peak memory', ({ record }) => shown(record.peakBytes, formatBytes)],
];

const environmentLines: readonly Line[] = [
  ['environment', 'Device', ({ record }) => record.device],
  [
    'environment',
    'Commit',
    ({ record: { git } }) => git && `${git.commit.slice(0, 10)}${git.dirty ? ' with changes' : ''}`,
  ],
];

/** A line for each key that any run has, in the order of their first appearance. */
const keysOf = (maps: readonly (readonly string[])[]): string[] => [...new Set(maps.flat())];

function tableLines(runs: readonly RunFacts[]): Line[] {
  const config = keysOf(runs.map((run) => [...run.config.keys()]));
  const hashes = keysOf(runs.map(({ record }) => Object.keys(record.hashes)));
  const versions = keysOf(runs.map(({ record }) => Object.keys(record.versions)));
  return [
    ...resultLines,
    ['config', 'seed', ({ record }) => String(record.seed)],
    ...config.map((key): Line => ['config', key, (run) => run.config.get(key)]),
    ['data', 'Training rows', ({ metrics }) => shown(metrics.rows, formatCount)],
    ...hashes.map((role): Line => [
      'data',
      `${role} (SHA-256)`,
      ({ record }) => record.hashes[role]?.slice(0, 12),
    ]),
    ...environmentLines,
    ...versions.map((name): Line => ['environment', name, ({ record }) => record.versions[name]]),
  ];
}

/** The whole comparison, runs in the order given; the first one is what the others are told against. */
export function compareRuns(runs: readonly RunFacts[]): Comparison {
  const byKey = new Map<string, number[]>();
  for (const [i, run] of runs.entries()) {
    const key = groupKey(run);
    byKey.set(key, [...(byKey.get(key) ?? []), i]);
  }
  const members = [...byKey.values()];
  const labels = distinct(
    members.map(([first]) => runLabel(runs[first!]!.record)),
    (group) => `${group + 1}`,
  );
  const groupOfRun = runs.map((_, i) => members.findIndex((group) => group.includes(i)));
  const runLabels = runs.map((run, i) => {
    const group = groupOfRun[i]!;
    return members[group]!.length > 1 ? `${labels[group]!} · seed ${run.record.seed}` : labels[group]!;
  });
  const compared = distinct(runLabels, (i) => runs[i]!.record.id.slice(-6)).map((label, i): ComparedRun => ({
    folder: runs[i]!.folder,
    label,
    seed: runs[i]!.record.seed,
    status: runs[i]!.record.status,
    group: groupOfRun[i]!,
    metrics: runs[i]!.metrics,
  }));
  const rows = tableLines(runs).map(([section, name, value]): CompareRow => {
    const values = runs.map((run) => value(run) ?? '');
    return { section, name, values, differs: values.some((text) => text !== values[0]) };
  });
  return {
    runs: compared,
    groups: members.map((group, i) => groupOf(labels[i]!, group, runs)),
    changes: changeWords(
      members.map((group, i) => ({ label: labels[i]!, runs: group.map((index) => runs[index]!) })),
    ),
    rows: rows.filter(({ values }) => values.some((text) => text !== '')),
  };
}
