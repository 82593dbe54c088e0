/** @file A run's method, schedule, data and origin as lists of facts. Pure: record, events and config in, words out. */
import * as l10n from '@vscode/l10n';
import type { RunTexts } from '../../runtime/contract/api/runDetails.ts';
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

const patternWords = (patterns: Readonly<Record<string, number>> = {}): string | undefined => {
  const entries = Object.entries(patterns);
  return entries.length === 0 ? undefined : entries.map(([path, value]) => `${path}: ${value}`).join(', ');
};

/** Keys that have a row in words, or none. */
const inWords = new Set([
  ...[
    'kind',
    'rank',
    'alpha',
    'rankStabilized',
    'dropout',
    'targets',
    'layers',
    'rankPattern',
    'alphaPattern',
  ],
  ...['modulesToSave', 'from'],
]);
/** Keys that say how start values are computed: nothing where they are LoRA's own. */
const ofStart = new Set([
  ...['init', 'direction', 'initScale', 'gamma', 'normClip', 'initVariant', 'gradientRows', 'mutateBase'],
]);

/** Keys of the method's own, by the names that the config has for them; what is off says nothing. */
function ownRows(method: MethodConfig): Row[] {
  const isUsualStart = method['init'] === 'default';
  return Object.entries(method)
    .filter(([key]) => !inWords.has(key) && !(isUsualStart && ofStart.has(key)))
    .map(([key, value]): Row => {
      if (value === true) return [key, l10n.t('on')];
      return [key, typeof value === 'number' || typeof value === 'string' ? String(value) : undefined];
    });
}

/** B A's factor. */
function scaleWords({ rank, alpha, rankStabilized }: MethodConfig): string {
  if (alpha === undefined) return l10n.t('1, by the method');
  return rankStabilized === true
    ? l10n.t('{0} (alpha / square root of rank)', formatNumber(alpha / Math.sqrt(rank)))
    : l10n.t('{0} (alpha / rank)', formatNumber(alpha / rank));
}

/** What a method says of itself; each kind has its own rows. */
function adapterPanel(method: MethodConfig): Panel[] {
  const { rank, alpha } = method;
  return panel(l10n.t('Adapter'), [
    [l10n.t('Method'), method.kind],
    [l10n.t('Rank'), String(rank)],
    [l10n.t('Alpha'), alpha === undefined ? undefined : String(alpha)],
    [l10n.t('Scale'), scaleWords(method)],
    ...ownRows(method),
    [l10n.t('Dropout'), method.dropout === undefined ? undefined : String(method.dropout)],
    [l10n.t('Targets'), targetWords(method)],
    [l10n.t('Blocks'), method.layers?.join(', ')],
    [l10n.t('Rank by module'), patternWords(method.rankPattern)],
    [l10n.t('Alpha by module'), patternWords(method.alphaPattern)],
    [l10n.t('Trained whole'), method.modulesToSave.join(', ')],
    [l10n.t('Continues'), method.from],
  ]);
}

function sizePanel(
  trainable: number | undefined,
  base: number | undefined,
  adapterBytes: number | undefined,
): Panel[] {
  if (trainable === undefined) return [];
  return panel(l10n.t('Size'), [
    [l10n.t('Trained parameters'), formatCount(trainable)],
    [
      l10n.t('Share'),
      base === undefined
        ? undefined
        : l10n.t("{0} % of the base's {1}", formatNumber((100 * trainable) / base), formatCount(base)),
    ],
    [l10n.t('Adapter file'), adapterBytes === undefined ? undefined : formatBytes(adapterBytes)],
  ]);
}

export function methodPanels(
  { record }: RunSummary,
  { started }: RunState,
  texts: Pick<RunTexts, 'resolved' | 'adapterBytes'> | undefined,
): Panel[] {
  const resolved = texts?.resolved;
  return [
    ...(resolved ? adapterPanel(resolved.method) : []),
    ...sizePanel(started?.trainable ?? record.trainable, started?.baseParameters, texts?.adapterBytes),
    ...schedulePanel(resolved),
  ];
}

function schedulePanel(resolved: ResolvedConfig | null | undefined): Panel[] {
  const training = resolved?.training;
  if (training === undefined) return [];
  return panel(l10n.t('Schedule'), [
    [l10n.t('Optimiser'), training.optimizer],
    [l10n.t('Learning rate'), `${formatNumber(training.learningRate)}, ${training.schedule}`],
    [l10n.t('Warm-up'), String(training.warmup)],
    [l10n.t('Weight decay'), String(training.weightDecay)],
    [l10n.t('Clipping'), training.clip > 0 ? l10n.t('norm {0}', training.clip) : l10n.t('off')],
    [
      l10n.t('Rows a step'),
      training.tokens === undefined
        ? `${training.batch * training.accumulate} (${training.batch} x ${training.accumulate})`
        : l10n.t('as many as fit {0} tokens, {1} times', formatCount(training.tokens), training.accumulate),
    ],
    [l10n.t('Seed'), String(training.seed)],
  ]);
}

function commitWords({ commit, dirty }: NonNullable<RunSummary['record']['git']>): string {
  const short = commit.slice(0, 12);
  return dirty ? l10n.t('{0}, with changes', short) : short;
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
        ? l10n.t('none')
        : l10n.t('{0} % of the training rows', formatNumber(data.validation * 100))
      : data?.validation;
  return [
    ...panel(l10n.t('Data'), [
      [l10n.t('Training'), data?.train],
      [l10n.t('Rows'), started && formatCount(started.rows)],
      [l10n.t('Validation'), validation],
      [l10n.t('Cut at'), data && l10n.t('{0} tokens', formatCount(data.length))],
      [l10n.t('Trained on'), data?.trainOn],
      [l10n.t('Packing'), data && (data.packing ? l10n.t('on') : l10n.t('off'))],
      ...Object.entries(record.hashes).map(([role, hash]): Row => [l10n.t('SHA-256 of {0}', role), hash]),
    ]),
    ...panel(
      l10n.t('Notes'),
      notes.map((note, i): Row => [`${i + 1}`, note]),
    ),
    ...panel(l10n.t('Origin'), [
      [l10n.t('Run'), record.id],
      [l10n.t('Base'), resolved?.base],
      [l10n.t('Config'), record.config],
      [l10n.t('Started'), new Date(record.created).toLocaleString()],
      [l10n.t('Commit'), record.git && commitWords(record.git)],
      [l10n.t('Continues'), record.parent],
      [l10n.t('Device'), record.device],
      [l10n.t('Folder'), folder],
      ...Object.entries(record.versions).map(([name, version]): Row => [name, version]),
    ]),
  ];
}
