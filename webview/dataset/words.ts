/** @file What the dataset's page says in numbers. Pure. */
import { formatBytes, formatCount } from '../../runtime/contract/format.ts';
import type { RenderedRow, Survey } from '../../runtime/contract/api/data.ts';
import { listLength } from './state.ts';
import type { DatasetState } from './state.ts';

const rows = (count: number): string => `${formatCount(count)} ${count === 1 ? 'row' : 'rows'}`;

/** The line above the list. */
export function listStatus(state: DatasetState): string {
  const { file, subset, searching, more } = state;
  if (file === undefined) return 'Opening';
  if (subset !== undefined) {
    const found = `${more ? 'first ' : ''}${rows(listLength(state))} of ${formatCount(file.rows)}`;
    return searching === undefined ? found : `${found} · searching ${Math.floor(100 * searching)} %`;
  }
  const size = formatBytes(file.size);
  if (file.complete) return `${rows(file.rows)} · ${size}`;
  const share = file.size === 0 ? 0 : Math.floor((100 * file.done) / file.size);
  return `${rows(file.rows)} so far · indexing ${share} % of ${size}`;
}

/** "412 of 1,903 tokens trained · 300 cut off" */
export function rowCounts({ tokens, supervised }: RenderedRow, length: number | undefined): string {
  if (tokens === 0) return '';
  const cut = length === undefined ? 0 : Math.max(0, tokens - length);
  const trained = `${formatCount(supervised)} of ${formatCount(tokens)} tokens trained`;
  return cut === 0 ? trained : `${trained} · ${formatCount(cut)} cut off`;
}

/** What the histogram shows, in words. */
export function surveySummary(survey: Survey): string {
  const { tokens, looked, rows: all } = survey;
  if (tokens === undefined) return '';
  const share = tokens.tokens === 0 ? 0 : Math.round((100 * tokens.supervised) / tokens.tokens);
  const sample = looked + survey.excluded < all ? `estimated from ${rows(looked)} · ` : '';
  return (
    `${sample}${formatCount(tokens.tokens)} tokens, ${share} % trained · 95 of 100 rows have at most ` +
    `${formatCount(tokens.percentile95)} · longest ${formatCount(tokens.longest)} · ` +
    `${rows(tokens.truncated)} cut at ${formatCount(tokens.length)}`
  );
}
