/** @file The pages on methods that the extension brings: one chosen by name or from a list, shown as VS Code shows Markdown. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { isPageName, pageHead } from './markdown.ts';

interface Page extends vscode.QuickPickItem {
  readonly uri: vscode.Uri;
}

async function readPages(folder: vscode.Uri): Promise<Page[]> {
  const files = await vscode.workspace.fs.readDirectory(folder);
  const pages = files
    .filter(([name]) => name.endsWith('.md'))
    .map(async ([name]): Promise<Page> => {
      const uri = vscode.Uri.joinPath(folder, name);
      const { title, paper, says } = pageHead(
        new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)),
      );
      return { uri, label: title, description: paper, detail: says };
    });
  return Promise.all(pages);
}

/** `name` is what a hover's link names; without one a person chooses. */
export async function showMethodPage(extension: vscode.Uri, name: unknown): Promise<void> {
  const folder = vscode.Uri.joinPath(extension, 'media', 'methods');
  const named =
    typeof name === 'string' && isPageName(name) ? vscode.Uri.joinPath(folder, `${name}.md`) : undefined;
  const uri =
    named ??
    (
      await vscode.window.showQuickPick(readPages(folder), {
        title: l10n.t('Methods and start values'),
        placeHolder: l10n.t('What each does, when to use it, how it exports'),
        matchOnDescription: true,
        matchOnDetail: true,
      })
    )?.uri;
  if (uri !== undefined) await vscode.commands.executeCommand('markdown.showPreview', uri);
}
