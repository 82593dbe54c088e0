/** @file Changes of a config that data files ask for: rows to leave out, a longer cut. The data itself is never touched. */
import * as vscode from 'vscode';
import type { DataUse } from '../../runtime/contract/api/data.ts';
import type { RowNumbers } from '../../runtime/contract/rowNumbers.ts';
import type { Companion } from '../runtime/companion.ts';

/**
 * Writes the key into the config, which may be open with changes of its own: then it stays unsaved, else it is saved.
 * @returns whether the change is on disk.
 */
export async function editConfig(
  companion: Companion,
  { config, variant }: DataUse,
  key: 'exclude' | 'length',
  value: RowNumbers | number,
): Promise<boolean> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(config));
  const wasDirty = document.isDirty;
  const { edits } = await companion.call('data/edit', {
    text: document.getText(),
    ...(variant === undefined ? {} : { variant }),
    key,
    value,
  });
  const change = new vscode.WorkspaceEdit();
  for (const { offset, length, text } of edits) {
    const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
    change.replace(document.uri, range, text);
  }
  await vscode.workspace.applyEdit(change);
  return !wasDirty && (await document.save());
}
