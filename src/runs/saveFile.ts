/** @file Saves what a page made (a plot, metrics) where the person wants it. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import type { SavedFile } from '../../webview/run/protocol.ts';

/** A file's name of a plot's title: letters of any language and digits, joined by dashes. */
const slug = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, '-');

/** The content that belongs to a file's ending: PNG where it says so, else SVG. */
export function contentOf(saved: SavedFile, path: string): Uint8Array {
  if (saved.kind === 'metrics') return Buffer.from(saved.csv, 'utf8');
  return path.toLowerCase().endsWith('.png')
    ? Buffer.from(saved.png, 'base64')
    : Buffer.from(saved.svg, 'utf8');
}

/** Asks where, and writes. False where the person thought better of it. */
export async function saveFile(saved: SavedFile, runId: string): Promise<boolean> {
  const name = saved.kind === 'metrics' ? `${runId}.csv` : `${runId}-${slug(saved.title)}.svg`;
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri;
  const filters: Record<string, string[]> =
    saved.kind === 'metrics'
      ? { [l10n.t('Comma-separated values')]: ['csv'] }
      : { [l10n.t('SVG image')]: ['svg'], [l10n.t('PNG image')]: ['png'] };
  const target = await vscode.window.showSaveDialog({
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, name) }),
    filters,
    title: saved.kind === 'metrics' ? l10n.t('Save Metrics') : l10n.t('Save Plot as SVG or PNG'),
  });
  if (target === undefined) return false;
  await vscode.workspace.fs.writeFile(target, contentOf(saved, target.path));
  return true;
}
