/** @file When a data file is saved, all its rows are looked at in the background; what that finds joins the lints of visible rows. */
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import type { Disposable } from '../common/disposable.ts';
import type { RowLint, Survey } from '../../runtime/contract/api/data.ts';
import { isRowDocument } from './limits.ts';
import type { MaskPreview } from './maskPreview.ts';
import type { Surveys } from './surveys.ts';

/** A lint by its line alone: the exact place is known once the row is on the screen. */
function lintsByLine({ lints }: Survey): { byLine: Map<number, RowLint[]>; more: number } {
  const byLine = new Map<number, RowLint[]>();
  let more = 0;
  for (const { code, severity, message, count, lines } of lints) {
    more += count - lines.length;
    for (const line of lines) {
      const lint: RowLint = { code, severity, message: `This row ${message}`, start: 0, end: 1, fixes: [] };
      byLine.set(line - 1, [...(byLine.get(line - 1) ?? []), lint]);
    }
  }
  return { byLine, more };
}

export function checkSavedFiles(mask: MaskPreview, surveys: Surveys): Disposable {
  const store = new Store();
  const look = async (document: vscode.TextDocument): Promise<void> => {
    if (!isRowDocument(document) || !vscode.workspace.isTrusted) return;
    const { version } = document;
    const survey = await surveys.ask(document.uri.fsPath);
    // Lines have moved since: the next save looks again.
    if (survey === undefined || document.isClosed || document.version !== version || document.isDirty) return;
    const { byLine, more } = lintsByLine(survey);
    mask.setProblems(document, byLine, more);
  };
  store.add(vscode.workspace.onDidSaveTextDocument((document) => void look(document)));
  store.add(vscode.workspace.onDidOpenTextDocument((document) => void look(document)));
  for (const document of vscode.workspace.textDocuments) void look(document);
  return store;
}
