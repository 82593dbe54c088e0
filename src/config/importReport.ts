/** @file What an import mapped and what it left, as Markdown that holds words of the file as code only. Pure. */
import * as l10n from '@vscode/l10n';
import type { ImportedConfig } from '../../runtime/contract/api/config.ts';
import { code, plain } from './markdown.ts';

export function importReport(file: string, { tool, mapped, unmapped }: ImportedConfig): string {
  const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
    `| ${head.join(' | ')} |`,
    `|${' --- |'.repeat(head.length)}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ];
  const kept = mapped.filter(({ to }) => to !== '');
  const implied = mapped.filter(({ to }) => to === '');
  return [
    `# ${l10n.t('Imported from {0}: {1}', tool, plain(file))}`,
    '',
    l10n.t('The config beside this page is not saved yet.'),
    '',
    `## ${l10n.t('Without a counterpart ({0})', unmapped.length)}`,
    '',
    ...(unmapped.length === 0
      ? [l10n.t('Nothing was left out.')]
      : table(
          [l10n.t('Key'), l10n.t('Why')],
          unmapped.map(({ key, reason }) => [code(key), plain(reason)]),
        )),
    '',
    `## ${l10n.t('Taken over ({0})', kept.length)}`,
    '',
    ...table(
      [l10n.t('There'), l10n.t('Here'), l10n.t('Note')],
      kept.map(({ from, to, note }) => [code(from), code(to), plain(note ?? '')]),
    ),
    ...(implied.length === 0
      ? []
      : [
          '',
          `## ${l10n.t('So here anyway ({0})', implied.length)}`,
          '',
          ...table(
            [l10n.t('Key'), l10n.t('Why')],
            implied.map(({ from, note }) => [code(from), plain(note ?? '')]),
          ),
        ]),
    '',
  ].join('\n');
}
