/** @file What the dataset's page says in numbers. Pure. */
import * as l10n from '@vscode/l10n';
import { formatBytes, formatCount } from '../../runtime/contract/format.ts';
import type { RenderedRow, Survey } from '../../runtime/contract/api/data.ts';
import { listLength } from './state.ts';
import type { DatasetState } from './state.ts';

const rows = (count: number): string =>
  count === 1 ? l10n.t('1 row') : l10n.t('{0} rows', formatCount(count));

/** The line above the list. */
export function listStatus(state: DatasetState): string {
  const { file, subset, searching, broken, more } = state;
  if (file === undefined) return l10n.t('Opening');
  if (subset !== undefined) {
    const [listed, all] = [rows(listLength(state)), formatCount(file.rows)];
    const found = more ? l10n.t('first {0} of {1}', listed, all) : l10n.t('{0} of {1}', listed, all);
    if (broken) return l10n.t('{0} · the search failed', found);
    return searching === undefined
      ? found
      : l10n.t('{0} · searching {1} %', found, Math.floor(100 * searching));
  }
  const size = formatBytes(file.size);
  if (file.complete) return `${rows(file.rows)} · ${size}`;
  const share = file.size === 0 ? 0 : Math.floor((100 * file.done) / file.size);
  return l10n.t('{0} so far · indexing {1} % of {2}', rows(file.rows), share, size);
}

/** "412 of 1,903 tokens trained · 300 cut off" */
export function rowCounts({ tokens, supervised }: RenderedRow, length: number | undefined): string {
  if (tokens === 0) return '';
  const cut = length === undefined ? 0 : Math.max(0, tokens - length);
  const trained = l10n.t('{0} of {1} tokens trained', formatCount(supervised), formatCount(tokens));
  return cut === 0 ? trained : l10n.t('{0} · {1} cut off', trained, formatCount(cut));
}

/** Lengths are counted by a config's base, which may be one that can't be read. */
export function whyNoLengths(isUsed: boolean, reason: string | undefined): string {
  if (!isUsed)
    return l10n.t(
      'Tokens are counted by the base of a config: name this file as data.train in a *.adapter.json.',
    );
  return reason === undefined
    ? l10n.t('No tokens were counted in this file.')
    : l10n.t('No tokens were counted: {0}', reason);
}

/** What the histogram shows, in words. */
export function surveySummary(survey: Survey): string {
  const { tokens, looked, rows: all } = survey;
  if (tokens === undefined) return '';
  const share = tokens.tokens === 0 ? 0 : Math.round((100 * tokens.supervised) / tokens.tokens);
  return [
    ...(looked + survey.excluded < all ? [l10n.t('estimated from {0}', rows(looked))] : []),
    l10n.t('{0} tokens, {1} % trained', formatCount(tokens.tokens), share),
    l10n.t('95 of 100 rows have at most {0}', formatCount(tokens.percentile95)),
    l10n.t('longest {0}', formatCount(tokens.longest)),
    l10n.t('{0} cut at {1}', rows(tokens.truncated), formatCount(tokens.length)),
  ].join(' · ');
}
