/** @file Offers the dataset page where the text editor doesn't do: for files above 50 MB, and on rows that it stops drawing. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { DataCommandId } from '../contributions/data.ts';
import { Store } from '../common/disposable.ts';
import type { Disposable } from '../common/disposable.ts';
import { isRowDocument, isTooLargeForEditor, longestDrawn, rowDocuments } from './limits.ts';

/** Lines that are looked at around the visible ones. */
const mostLenses = 100;

class LongRowLenses implements vscode.CodeLensProvider {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;
  readonly #store = new Store();

  constructor() {
    this.#store.add(this.#changed);
    this.#store.add(
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
        if (isRowDocument(textEditor.document)) this.#changed.fire();
      }),
    );
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const lenses: vscode.CodeLens[] = [];
    for (const { document: shown, visibleRanges } of vscode.window.visibleTextEditors)
      if (shown === document)
        for (const { start, end } of visibleRanges)
          for (let line = start.line; line <= end.line && lenses.length < mostLenses; line++) {
            const { range, text } = document.lineAt(line);
            if (text.length <= longestDrawn) continue;
            lenses.push(
              new vscode.CodeLens(range, {
                title: l10n.t('This row is longer than the editor draws: open it in the dataset page'),
                command: 'adapterWorkbench.openDataset' satisfies DataCommandId,
                arguments: [document.uri, line + 1],
              }),
            );
          }
    return lenses;
  }

  dispose(): void {
    this.#store.dispose();
  }
}

export function offerDatasetPage(open: (file: string) => Promise<void>): Disposable {
  const store = new Store();
  const offered = new Set<string>();
  const lenses = store.add(new LongRowLenses());
  store.add(vscode.languages.registerCodeLensProvider(rowDocuments, lenses));
  const look = async ({ input }: vscode.Tab): Promise<void> => {
    if (!(input instanceof vscode.TabInputText)) return;
    const { uri } = input;
    if (uri.scheme !== 'file' || !/\.(jsonl|ndjson|csv|tsv)$/i.test(uri.path) || offered.has(uri.fsPath))
      return;
    if (!(await isTooLargeForEditor(uri))) return;
    offered.add(uri.fsPath);
    const action = l10n.t('Open in Dataset Page');
    const text = l10n.t(
      'This file is too large for the mask preview in the editor. The dataset page shows its rows.',
    );
    if ((await vscode.window.showInformationMessage(text, action)) === action) await open(uri.fsPath);
  };
  store.add(
    vscode.window.tabGroups.onDidChangeTabs(({ opened, changed }) => {
      for (const tab of [...opened, ...changed]) void look(tab);
    }),
  );
  return store;
}
