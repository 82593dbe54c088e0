/** @file A row on hover: its text as the model sees it, template and special tokens included, and how much of it is trained. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { markdownText } from '../common/plainText.ts';
import { formatCount } from '../../runtime/contract/format.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { DataUse, RenderedRow } from '../../runtime/contract/api/data.ts';
import { visibleText } from '../../runtime/contract/visibleText.ts';
import type { Companion } from '../runtime/companion.ts';
import { longestDrawn, rowDocuments } from './limits.ts';
import { viewOf } from './uses.ts';
import type { DataUses } from './uses.ts';
import { renderedText } from './words.ts';

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
  return markdown.appendCodeblock(visibleText(renderedText(rendered)), 'text');
}
