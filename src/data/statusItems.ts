/** @file Two items in the status bar for a data file in the editor: the row's counts, and by which config it is coloured. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { DataCommandId } from '../contributions/data.ts';
import { Store } from '../common/disposable.ts';
import type { Disposable } from '../common/disposable.ts';
import { isRowDocument } from './limits.ts';
import type { MaskPreview } from './maskPreview.ts';
import type { DataUses } from './uses.ts';
import { fileStatus, maskStatus, rowStatus } from './words.ts';
import type { Surveys } from './surveys.ts';

export function showDataStatus(mask: MaskPreview, uses: DataUses, surveys: Surveys): Disposable {
  const store = new Store();
  const { createStatusBarItem, onDidChangeActiveTextEditor, onDidChangeTextEditorSelection } = vscode.window;
  const side = vscode.StatusBarAlignment.Right;
  const counts = store.add(createStatusBarItem('adapterWorkbench.row', side, 101));
  const by = store.add(createStatusBarItem('adapterWorkbench.mask', side, 102));
  counts.name = l10n.t('Dataset Row');
  by.name = l10n.t('Dataset Mask');
  by.command = 'adapterWorkbench.chooseMask' satisfies DataCommandId;
  counts.command = 'adapterWorkbench.openDataset' satisfies DataCommandId;
  const update = (): void => {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined || !isRowDocument(editor.document)) {
      counts.hide();
      by.hide();
      return;
    }
    const { document, selection } = editor;
    const line = Math.min(selection.active.line, document.lineCount - 1);
    const row = rowStatus(mask.rowAt(document, line), line + 1, mask.isExcluded(document, line));
    const use = uses.chosen(document.uri.fsPath);
    const survey = surveys.get(document.uri.fsPath);
    counts.text = row ?? '';
    counts.tooltip = survey === undefined ? l10n.t('Open in the dataset page') : fileStatus(survey);
    if (row === undefined) counts.hide();
    else counts.show();
    const failure = mask.failure(document);
    by.text =
      use === undefined
        ? `$(circle-slash) ${l10n.t('no config uses this file')}`
        : failure === undefined
          ? `$(symbol-color) ${maskStatus(use)}`
          : `$(warning) ${maskStatus(use)}`;
    by.tooltip = failure ?? l10n.t('Choose the config whose mask is shown');
    by.show();
  };
  for (const listen of [onDidChangeActiveTextEditor(update), onDidChangeTextEditorSelection(update)])
    store.add(listen);
  store.add(mask.onDidChange(update));
  store.add(uses.onDidChange(update));
  store.add(surveys.onDidChange(update));
  update();
  return store;
}
