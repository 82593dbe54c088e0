/** @file What VS Code doesn't hand to extensions, or doesn't draw. */
import * as vscode from 'vscode';

/** Larger documents are not shown to extensions. */
export const largestDocument = 50 * 1024 * 1024;
/** Longer lines are drawn up to here (editor.stopRenderingLineAfter). */
export const longestDrawn = 10_000;

/** Selects the files in which rows are lines. */
export const rowDocuments: vscode.DocumentSelector = [
  { scheme: 'file', pattern: '**/*.jsonl' },
  { scheme: 'file', pattern: '**/*.ndjson' },
];
export const isRowDocument = ({ uri }: vscode.TextDocument): boolean =>
  uri.scheme === 'file' && /\.(jsonl|ndjson)$/i.test(uri.path);

/** A file that can't be asked about is not too large: opening it says what is wrong. */
export async function isTooLargeForEditor(uri: vscode.Uri): Promise<boolean> {
  try {
    return (await vscode.workspace.fs.stat(uri)).size > largestDocument;
  } catch {
    return false;
  }
}
