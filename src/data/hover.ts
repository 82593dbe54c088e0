/** @file A row on hover: its text as the model sees it, template and special tokens included, and how much of it is trained. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { markdownText } from '../common/plainText.ts';
import { formatCount } from '../../runtime/contract/format.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { DataUse, RenderedRow } from '../../runtime/contract/api/data.ts';
import type { Companion } from '../runtime/companion.ts';
import { longestDrawn, rowDocuments } from './limits.ts';
import { viewOf } from './uses.ts';
import type { DataUses } from './uses.ts';

/** A card of more is scrolled by nobody. */
const longestShown = 4000;

/** The whole rendered text; its middle is left out where it is long. */
export function renderedText({ turns }: RenderedRow): string {
  const text = turns.flatMap(({ segments }) => segments.map((segment) => segment.text)).join('');
  if (text.length <= longestShown) return text;
  const half = longestShown / 2;
  const left = formatCount(text.length - longestShown);
  return `${text.slice(0, half)}\n[... ${l10n.t('{0} characters', left)} ...]\n${text.slice(-half)}`;
}

/** Control characters would vanish, or do something: shown as U+2400 and on. */
export const visibleControls = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- these are the ones
  text.replace(/[\u0000-\u0008\u000b-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)));

export class RowHover implements vscode.HoverProvider {
  readonly #companion: Companion;
  readonly #uses: DataUses;

  constructor(companion: Companion, uses: DataUses) {
    this.#companion = companion;
    this.#uses = uses;
  }

  register(): vscode.Disposable {
    return vscode.languages.registerHoverProvider(rowDocuments, this);
  }

  async provideHover(
    document: vscode.TextDocument,
    { line }: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    const { text } = document.lineAt(line);
    const use = this.#uses.chosen(document.uri.fsPath);
    if (use === undefined || text.trim() === '' || text.length > longestDrawn) return undefined;
    const abort = new AbortController();
    token.onCancellationRequested(() => {
      abort.abort();
    });
    try {
      const params = { view: viewOf(use), row: text };
      const rendered = await this.#companion.call('data/render', params, abort.signal);
      return new vscode.Hover(card(rendered, use, line + 1), document.lineAt(line).range);
    } catch (error) {
      // What is wrong with the row is a diagnostic already.
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }
}

function card(rendered: RenderedRow, use: DataUse, row: number): vscode.MarkdownString {
  const counts = l10n.t(
    'Row {0} · {1} of {2} tokens trained · cut at {3} · by {4}',
    row,
    formatCount(rendered.supervised),
    formatCount(rendered.tokens),
    formatCount(use.length),
    use.label,
  );
  const markdown = new vscode.MarkdownString(markdownText(counts));
  // The fence is longer than any in the text: nothing in it is markup.
  return markdown.appendCodeblock(visibleControls(renderedText(rendered)), 'text');
}
