/** @file What each token of a row cost, as a heat map in the row's line; gone with Escape, an edit, or the editor. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import { lossesShownKey } from '../contributions/data.ts';
import type { ViewName } from '../../runtime/contract/api/data.ts';
import type { Companion } from '../runtime/companion.ts';
import { heatLevel, heatRamp } from '../../runtime/contract/heat.ts';
import { heatText } from './heat.ts';
import type { TokenLoss } from './heat.ts';
import { isTooLargeForEditor, longestDrawn } from './limits.ts';

export interface RowLosses {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly spans: readonly TokenLoss[];
}

/** Dark text on the ramp's light end, light text on its dark one. */
const textOn = (level: number): string => (level >= 5 ? '#000000' : '#ffffff');

export class TokenLosses implements vscode.Disposable {
  readonly #store = new Store();
  readonly #companion: Companion;
  readonly #openPage: (file: string, line: number) => Promise<void>;
  /** One for each level of the ramp; made when losses are shown for the first time. */
  #types: readonly vscode.TextEditorDecorationType[] = [];
  #shown: { readonly editor: vscode.TextEditor; readonly losses: RowLosses } | undefined;

  constructor(companion: Companion, openPage: (file: string, line: number) => Promise<void>) {
    this.#companion = companion;
    this.#openPage = openPage;
    this.#store.add(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && document === this.#shown?.editor.document) this.hide();
      }),
    );
    this.#store.add(
      vscode.window.onDidChangeVisibleTextEditors((editors) => {
        if (this.#shown !== undefined && !editors.includes(this.#shown.editor)) this.hide();
      }),
    );
  }

  /** What is shown now; for tests. */
  get shown(): RowLosses | undefined {
    return this.#shown?.losses;
  }

  /**
   * Opens the row of a view's training file and colours its trained tokens. `losses` are those of the supervised tokens in the
   * order of the encoded row, as a run records them; `view.config` may be the run's config.resolved.json.
   */
  async showRow(view: ViewName, line: number, losses: readonly number[]): Promise<void> {
    const { file, tokens } = await this.#companion.call('data/tokens', { view, line });
    const spans = tokens.flatMap((range, i) => {
      const loss = losses[i];
      return range === null || loss === undefined ? [] : [{ ...range, loss }];
    });
    await this.show({ file, line, spans });
  }

  /** Opens a file at a line and colours these characters of it. */
  async show(losses: RowLosses): Promise<void> {
    const { file, line, spans } = losses;
    const uri = vscode.Uri.file(file);
    if (await isTooLargeForEditor(uri)) {
      await this.#openPage(file, line);
      return;
    }
    const document = await vscode.workspace.openTextDocument(uri);
    const text = document.lineAt(Math.min(line, document.lineCount) - 1);
    if (text.text.length > longestDrawn) {
      await this.#openPage(file, line);
      return;
    }
    const first = Math.min(...spans.map(({ start }) => start), text.text.length);
    const at = new vscode.Position(text.lineNumber, first);
    const editor = await vscode.window.showTextDocument(document, { selection: new vscode.Range(at, at) });
    editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenter);
    this.hide();
    for (const [level, type] of this.#levels().entries())
      editor.setDecorations(
        type,
        spans
          .filter(({ loss }) => heatLevel(loss) === level)
          .map(({ start, end, loss }) => ({
            range: new vscode.Range(text.lineNumber, start, text.lineNumber, end),
            hoverMessage: heatText(loss),
          })),
      );
    this.#shown = { editor, losses };
    await vscode.commands.executeCommand('setContext', lossesShownKey, true);
    vscode.window.setStatusBarMessage(
      l10n.t('Token losses of row {0}. Press Escape to hide them.', line),
      5000,
    );
  }

  #levels(): readonly vscode.TextEditorDecorationType[] {
    if (this.#types.length === 0)
      this.#types = heatRamp.map((color, level) =>
        this.#store.add(
          vscode.window.createTextEditorDecorationType({
            backgroundColor: color,
            color: textOn(level),
            rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
          }),
        ),
      );
    return this.#types;
  }

  hide(): void {
    if (this.#shown === undefined) return;
    for (const type of this.#types) this.#shown.editor.setDecorations(type, []);
    this.#shown = undefined;
    void vscode.commands.executeCommand('setContext', lossesShownKey, false);
  }

  dispose(): void {
    this.#store.dispose();
  }
}
