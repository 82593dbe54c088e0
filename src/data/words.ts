/** @file What the status bar, the tree and its cards say about rows and files. Pure. */
import * as l10n from '@vscode/l10n';
import { markdownText } from '../common/plainText.ts';
import { formatBytes, formatCount } from '../../runtime/contract/format.ts';
import type { DataUse, RenderedRow, RowPreview, Survey } from '../../runtime/contract/api/data.ts';

/** "412 of 1,903 tokens trained · row 12"; undefined where the row has no tokens to count. */
export function rowStatus(
  preview: RowPreview | undefined,
  line: number,
  excluded: boolean,
): string | undefined {
  if (excluded) return l10n.t('excluded from training · row {0}', line);
  if (preview?.tokens === undefined) return undefined;
  const trained = formatCount(preview.supervised ?? 0);
  return l10n.t('{0} of {1} tokens trained · row {2}', trained, formatCount(preview.tokens), line);
}

/** "mask by tickets · rank 64" */
export const maskStatus = ({ label }: DataUse): string => l10n.t('mask by {0}', label);

/** 987, 40 k, 1.2 M: as many digits as one compares. */
export function shortCount(value: number): string {
  const [size, unit] =
    value >= 999_500 ? [value / 1e6, ' M'] : value >= 1000 ? [value / 1000, ' k'] : [value, ''];
  const digits = unit !== '' && size < 10 ? size.toFixed(1).replace(/\.0$/, '') : formatCount(size);
  return `${digits}${unit}`;
}

/** Percent, without decimals above 10. */
export function sharePercent(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (100 * part) / whole;
  return `${percent >= 10 || percent === 0 ? percent.toFixed(0) : percent.toPrecision(2)} %`;
}

export const isSampled = ({ looked, rows, excluded }: Survey): boolean =>
  looked < rows && looked + excluded < rows;

/** Lints of each severity, in rows. */
function countLints({ lints }: Survey, severity: 'error' | 'warning'): number {
  return lints.reduce((sum, lint) => sum + (lint.severity === severity ? lint.count : 0), 0);
}

const plural = (count: number, one: string, many: string): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** "400 rows · 40 k tokens · 18 % trained", at most three facts; problems come before what is usual. */
export function fileDescription(survey: Survey): string {
  const { rows, tokens } = survey;
  const about = isSampled(survey) ? '~ ' : '';
  const problems: string[] = [];
  const [errors, warnings] = [countLints(survey, 'error'), countLints(survey, 'warning')];
  if (errors > 0) problems.push(plural(errors, l10n.t('error'), l10n.t('errors')));
  if (warnings > 0) problems.push(plural(warnings, l10n.t('warning'), l10n.t('warnings')));
  const facts = [plural(rows, l10n.t('row'), l10n.t('rows')), ...problems];
  if (tokens !== undefined && tokens.tokens > 0) {
    facts.push(l10n.t('{0} tokens', `${about}${shortCount(tokens.tokens)}`));
    facts.push(l10n.t('{0} trained', sharePercent(tokens.supervised, tokens.tokens)));
  }
  return facts.slice(0, 3).join(' · ');
}

/** The same in one sentence for the status bar's card. */
export function fileStatus(survey: Survey): string {
  const { tokens } = survey;
  if (tokens === undefined) return l10n.t('The file: {0}', fileDescription(survey));
  return l10n.t(
    'The file: {0} of {1} tokens trained in {2} rows',
    formatCount(tokens.supervised),
    formatCount(tokens.tokens),
    formatCount(survey.rows),
  );
}

/** The card of a file in the tree, as Markdown; text from files is escaped. */
export function fileCard(
  path: string,
  survey: Survey | undefined,
  uses: readonly DataUse[],
  failure: string | undefined,
): string {
  const facts: [string, string][] = [];
  if (survey !== undefined) {
    facts.push([l10n.t('Rows'), formatCount(survey.rows)], [l10n.t('Size'), formatBytes(survey.bytes)]);
    if (survey.format !== undefined) facts.push([l10n.t('Format'), survey.format]);
    if (survey.excluded > 0) facts.push([l10n.t('Excluded rows'), formatCount(survey.excluded)]);
    const { tokens } = survey;
    if (tokens !== undefined)
      facts.push(
        [l10n.t('Tokens'), `${isSampled(survey) ? '~ ' : ''}${formatCount(tokens.tokens)}`],
        [
          l10n.t('Trained'),
          `${formatCount(tokens.supervised)} (${sharePercent(tokens.supervised, tokens.tokens)})`,
        ],
        [l10n.t('Cut at {0} tokens', tokens.length), plural(tokens.truncated, l10n.t('row'), l10n.t('rows'))],
        [l10n.t('95 of 100 rows'), l10n.t('at most {0} tokens', formatCount(tokens.percentile95))],
        [l10n.t('Longest row'), l10n.t('{0} tokens', formatCount(tokens.longest))],
      );
    for (const { code, count } of survey.lints.slice(0, 8))
      facts.push([code, plural(count, l10n.t('row'), l10n.t('rows'))]);
    if (isSampled(survey))
      facts.push([l10n.t('Looked at'), l10n.t('{0} rows of all', formatCount(survey.looked))]);
  }
  if (failure !== undefined) facts.push([l10n.t('Message'), failure]);
  if (uses.length > 0)
    facts.push([l10n.t('Used by'), uses.map(({ label, role }) => `${label} (${role})`).join(', ')]);
  const lines = facts.map(([name, value]) => `| ${markdownText(name)} | ${markdownText(value)} |`);
  return [`**${markdownText(path)}**`, '', '| | |', '|---|---|', ...lines].join('\n');
}

/** A card of more is scrolled by nobody. */
const longestShown = 4000;

/** The whole rendered text; its middle is left out where it is long. */
export function renderedText({ turns }: RenderedRow): string {
  const text = turns.flatMap(({ segments }) => segments.map((segment) => segment.text)).join('');
  if (text.length <= longestShown) return text;
  const half = longestShown / 2;
  const left = l10n.t('{0} characters', formatCount(text.length - longestShown));
  return `${text.slice(0, half)}\n[... ${left} ...]\n${text.slice(-half)}`;
}
