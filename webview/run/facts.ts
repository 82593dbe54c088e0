/** @file A run's method, schedule, data and origin as lists of facts. Pure: record, events and config in, words out. */
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { MethodConfig, ResolvedConfig } from '../../runtime/contract/config.ts';
import { formatBytes, formatCount, formatNumber } from '../../runtime/contract/format.ts';
import type { RunState } from '../common/runState.ts';

/** What a tab draws of a subject: the page knows nothing of methods. */
export interface Panel {
  readonly title: string;
  readonly rows: readonly (readonly [name: string, value: string])[];
  readonly note?: string;
}

type Row = readonly [name: string, value: string | undefined];

/** Those that have something to say; a section of none is none. */
function panel(title: string, rows: readonly Row[], note?: string): Panel[] {
  const said = rows.filter((row): row is readonly [string, string] => row[1] !== undefined && row[1] !== '');
  return said.length === 0 ? [] : [{ title, rows: said, ...(note === undefined ? {} : { note }) }];
}

const targetWords = ({ targets }: MethodConfig): string =>
  typeof targets === 'string' ? targets : targets.join(', ');

const patternWords = (patterns: Readonly<Record<string, number>>): string | undefined => {
  const entries = Object.entries(patterns);
  return entries.length === 0 ? undefined : entries.map(([path, value]) => `${path}: ${value}`).join(', ');
};

/** What a method says of itself; each kind has its own rows. */
function adapterPanel(method: MethodConfig): Panel[] {
  const { rank, alpha, rankStabilized } = method;
  const scale = rankStabilized ? alpha / Math.sqrt(rank) : alpha / rank;
  return panel('Adapter', [
    ['Method', method.kind],
    ['Rank', String(rank)],
    ['Alpha', String(alpha)],
    ['Scale', `${formatNumber(scale)} (alpha / ${rankStabilized ? 'square root of rank' : 'rank'})`],
    ['Dropout', String(method.dropout)],
    ['Targets', targetWords(method)],
    ['Blocks', method.layers?.join(', ')],
    ['Rank by module', patternWords(method.rankPattern)],
    ['Alpha by module', patternWords(method.alphaPattern)],
    ['Trained whole', method.modulesToSave.join(', ')],
    ['Continues', method.from],
  ]);
}

function sizePanel(trainable: number | undefined, base: number | undefined): Panel[] {
  if (trainable === undefined) return [];
  return panel('Size', [
    ['Trained parameters', formatCount(trainable)],
    [
      'Share',
      base === undefined
        ? undefined
        : `${formatNumber((100 * trainable) / base)} % of the base's ${formatCount(base)}`,
    ],
    ['Adapter file', formatBytes(4 * trainable)],
  ]);
}

export function methodPanels(
  { record }: RunSummary,
  { started }: RunState,
  resolved: ResolvedConfig | null | undefined,
): Panel[] {
  return [
    ...(resolved ? adapterPanel(resolved.method) : []),
    ...sizePanel(started?.trainable ?? record.trainable, started?.baseParameters),
    ...schedulePanel(resolved),
  ];
}

function schedulePanel(resolved: ResolvedConfig | null | undefined): Panel[] {
  const training = resolved?.training;
  if (training === undefined) return [];
  return panel('Schedule', [
    ['Optimiser', training.optimizer],
    ['Learning rate', `${formatNumber(training.learningRate)}, ${training.schedule}`],
    ['Warm-up', String(training.warmup)],
    ['Weight decay', String(training.weightDecay)],
    ['Clipping', training.clip > 0 ? `norm ${training.clip}` : 'off'],
    [
      'Rows a step',
      training.tokens === undefined
        ? `${training.batch * training.accumulate} (${training.batch} x ${training.accumulate})`
        : `as many as fit ${formatCount(training.tokens)} tokens, ${training.accumulate} times`,
    ],
    ['Seed', String(training.seed)],
  ]);
}

export function dataFacts(
  { record, folder }: RunSummary,
  { started, notes }: RunState,
  resolved: ResolvedConfig | null | undefined,
): Panel[] {
  const data = resolved?.data;
  const validation =
    typeof data?.validation === 'number'
      ? data.validation === 0
        ? 'none'
        : `${formatNumber(data.validation * 100)} % of the training rows`
      : data?.validation;
  return [
    ...panel('Data', [
      ['Training', data?.train],
      ['Rows', started && formatCount(started.rows)],
      ['Validation', validation],
      ['Cut at', data && `${formatCount(data.length)} tokens`],
      ['Trained on', data?.trainOn],
      ['Packing', data && (data.packing ? 'on' : 'off')],
      ...Object.entries(record.hashes).map(([role, hash]): Row => [`SHA-256 of ${role}`, hash]),
    ]),
    ...panel(
      'Notes',
      notes.map((note, i): Row => [`${i + 1}`, note]),
    ),
    ...panel('Origin', [
      ['Run', record.id],
      ['Base', resolved?.base],
      ['Config', record.config],
      ['Started', new Date(record.created).toLocaleString()],
      [
        'Commit',
        record.git && `${record.git.commit.slice(0, 12)}${record.git.dirty ? ', with changes' : ''}`,
      ],
      ['Continues', record.parent],
      ['Device', record.device],
      ['Folder', folder],
      ...Object.entries(record.versions).map(([name, version]): Row => [name, version]),
    ]),
  ];
}
