/** @file How configs, their variants and what these made look in a list. Pure. */
import * as l10n from '@vscode/l10n';
import type { AdapterConfig } from '../../runtime/contract/api/adapters.ts';
import { formatNumber } from '../../runtime/contract/format.ts';
import { markdownText, oneLine } from '../common/plainText.ts';
import { isLive } from '../runs/rows.ts';
import type { Metric, Staleness, VariantResult } from './results.ts';
import type { TreeRow } from '../common/treeRow.ts';

export interface Row extends TreeRow {
  readonly context: string;
  /** Markdown. */
  readonly tooltip: string;
}

/** "0.012 ± 0.001 (3 seeds)": one digit of the interval, and the mean as far as that. */
export function metricText({ mean, interval, seeds }: Metric): string {
  if (interval === undefined) return formatNumber(mean);
  if (interval === 0) return l10n.t('{0} ({1} seeds)', formatNumber(mean), seeds);
  const decimals = Math.min(20, Math.max(0, -Math.floor(Math.log10(interval))));
  return l10n.t('{0} ± {1} ({2} seeds)', mean.toFixed(decimals), interval.toFixed(decimals), seeds);
}

export const fileName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;

/** What a variant without a name is called: the file as it is. */
export const baseVariant = 'base';

function staleText(stale: readonly Staleness[]): string | undefined {
  if (stale.length === 0) return undefined;
  if (stale.length === 2) return l10n.t('stale: config and data changed');
  return stale[0] === 'config' ? l10n.t('stale: config changed') : l10n.t('stale: data changed');
}

const joined = (facts: readonly (string | undefined)[]): string =>
  facts.filter((fact) => fact !== undefined).join(' · ');

export function variantRow({ variant, runs, best, stale }: VariantResult): Row {
  const live = runs.filter(({ record }) => isLive(record.status)).length;
  const facts = [
    live === 0 ? undefined : live === 1 ? l10n.t('running') : l10n.t('{0} running', live),
    best === undefined ? undefined : metricText(best),
    staleText(stale),
  ];
  const label = oneLine(variant.name ?? baseVariant);
  const description = joined(facts) || l10n.t('not trained yet');
  return {
    label,
    description,
    icon:
      live > 0
        ? { id: 'sync~spin', color: 'charts.blue' }
        : stale.length > 0
          ? { id: 'history', color: 'charts.yellow' }
          : best === undefined
            ? { id: 'circle-outline' }
            : { id: 'beaker', color: 'charts.green' },
    context: variant.name === undefined ? 'baseVariant' : 'variant',
    tooltip: [
      `**${markdownText(label)}**`,
      best === undefined
        ? l10n.t('No run of it is done yet.')
        : l10n.t('Best loss {0}, from validation where the run has it.', markdownText(metricText(best))),
      ...(stale.includes('config') ? [l10n.t('The config changed since its newest run.')] : []),
      ...(stale.includes('data') ? [l10n.t('The data changed since its newest run.')] : []),
      l10n.t('{0} runs', runs.length),
    ].join('\n\n'),
  };
}

export function configRow(config: AdapterConfig, results: readonly VariantResult[]): Row {
  const best = results.flatMap(({ best: metric }) => metric ?? []).sort((a, b) => a.mean - b.mean)[0];
  const stale = results.filter((result) => result.stale.length > 0).length;
  const live = results.flatMap(({ runs }) => runs).filter(({ record }) => isLive(record.status)).length;
  const facts = [
    config.errors === 0
      ? undefined
      : config.errors === 1
        ? l10n.t('1 mistake')
        : l10n.t('{0} mistakes', config.errors),
    live === 0 ? undefined : l10n.t('{0} running', live),
    best === undefined ? undefined : l10n.t('best {0}', formatNumber(best.mean)),
    stale === 0 ? undefined : stale === 1 ? l10n.t('1 variant stale') : l10n.t('{0} variants stale', stale),
  ].filter((fact) => fact !== undefined);
  const variants = config.variants.length - 1;
  return {
    label: oneLine(fileName(config.file)),
    description:
      joined(facts.slice(0, 3)) ||
      (variants === 0 ? '' : variants === 1 ? l10n.t('1 variant') : l10n.t('{0} variants', variants)),
    icon: config.errors === 0 ? { id: 'settings' } : { id: 'error', color: 'testing.iconFailed' },
    context: 'config',
    tooltip: [
      `**${markdownText(fileName(config.file))}**`,
      markdownText(config.file),
      ...(config.problem === undefined ? [] : [markdownText(config.problem)]),
    ].join('\n\n'),
  };
}

/** The PEFT folder that a run wrote. */
export const adapterRow = (folder: string): Row => ({
  label: l10n.t('adapter'),
  description: l10n.t('PEFT folder'),
  icon: { id: 'package', color: 'charts.green' },
  context: 'adapter',
  tooltip: markdownText(folder),
});
