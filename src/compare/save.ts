/** @file Saves a table or a plot where the person says. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { SavedFile } from '../../webview/compare/protocol.ts';
import { savedBytes, savedName } from './saved.ts';

/** False where the person chose no place. */
export async function saveFile(file: SavedFile): Promise<boolean> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = savedName(file);
  const uri = await vscode.window.showSaveDialog({
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
    filters:
      file.kind === 'table'
        ? { CSV: ['csv'] }
        : { [l10n.t('Vector Graphic')]: ['svg'], [l10n.t('Picture')]: ['png'] },
    title: l10n.t('Save'),
  });
  if (uri === undefined) return false;
  await vscode.workspace.fs.writeFile(uri, savedBytes(file, uri.path));
  return true;
}
