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

/** Control characters would vanish, or turn the text's direction: shown as pictures or codes. */
export const visible = (text: string): string =>
  text
    // eslint-disable-next-line no-control-regex -- these are the ones
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, (c) => {
      return `\u27e8U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}\u27e9`;
    });
