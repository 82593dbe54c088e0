/** @file The text of a trial: what was asked, what the base and what the adapter answered. */
import * as l10n from '@vscode/l10n';

/** The answer in what `generate --json` printed, undefined where there is none. */
export function answerText(output: string): string | undefined {
  for (const line of output.split('\n')) {
    if (!line.startsWith('{')) continue;
    try {
      const event = JSON.parse(line) as Readonly<Record<string, unknown>>;
      if (event['event'] === 'answer' && typeof event['text'] === 'string') return event['text'];
    } catch {
      // half a line: the process ended in the middle of it
    }
  }
  return undefined;
}

const section = (title: string, text: string): string =>
  `${title}\n${'-'.repeat(title.length)}\n${text.trim() === '' ? l10n.t('(nothing)') : text.trim()}\n`;

/** Plain text, whatever a model wrote. */
export function trialDocument(
  name: string,
  system: string | undefined,
  prompt: string,
  base: string,
  adapter: string,
): string {
  return [
    ...(system === undefined ? [] : [section(l10n.t('System'), system)]),
    section(l10n.t('Question'), prompt),
    section(l10n.t('The base alone'), base),
    section(l10n.t('With {0}', name), adapter),
  ].join('\n');
}
