/** @file Words of files inside Markdown: shown as they are, never as markup. And the links that hovers end with. */
import * as l10n from '@vscode/l10n';
import type { HoverLink } from '../../runtime/contract/api/config.ts';

/** One line, in a fence that the text itself can't close; bars would end a table's cell. */
export function code(text: string): string {
  const line = text
    .replace(/\p{Cc}+/gu, ' ')
    .replaceAll('|', '¦')
    .slice(0, 200);
  const fence = '`'.repeat(Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  return line === '' ? '' : `${fence} ${line} ${fence}`;
}

/** Notes quote values of the file: nothing in them is markup. */
export const plain = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/[\\`*_{}[\]()#+\-!|<>~]/g, '\\$&')
    .slice(0, 400);

/** Links to a method's page and to its paper. What isn't such a name is left out: the line may run a command. */
export function linkLine(links: readonly HoverLink[]): string {
  const words = links.flatMap((link) => {
    if (link.kind === 'paper')
      return /^\d{4}[.]\d{5}$/.test(link.arxiv)
        ? [`[arXiv:${link.arxiv}](https://arxiv.org/abs/${link.arxiv})`]
        : [];
    if (!isPageName(link.name)) return [];
    const argument = encodeURIComponent(JSON.stringify([link.name]));
    return [`[${plain(l10n.t('About {0}', link.title))}](command:adapterWorkbench.showMethod?${argument})`];
  });
  return words.join(' · ');
}

/** A file's name in media/methods without its ending. */
export const isPageName = (name: string): boolean => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name);

/** The head of a method's page: its title, its paper, and the first sentence. */
export function pageHead(text: string): {
  readonly title: string;
  readonly paper: string;
  readonly says: string;
} {
  const [heading = '', does = ''] = text.split(/\n\s*\n/);
  const [paper = ''] = /arXiv:\d{4}[.]\d{5}/.exec(text) ?? [];
  const [says = ''] = /^.*?[.:](?=\s|$)/.exec(does.replace(/\s+/g, ' ')) ?? [];
  return {
    title: heading.replace(/^# /, '').trim(),
    paper,
    says: says.replaceAll('`', '').replace(/:$/, '.'),
  };
}
