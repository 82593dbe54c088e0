/** @file Changes of a config that data files ask for: rows to leave out, a longer cut. The data itself is never touched. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { DataChange, DataUse } from '../../runtime/contract/api/data.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { Companion } from '../runtime/companion.ts';
import { Turns } from './turns.ts';

/** Each change reads the text that the one before it has left. */
const turns = new Turns();

/**
 * Writes the change into the config, which may be open with changes of its own: then it stays unsaved, else it is saved.
 * @returns whether the change is on disk.
 * @throws UserError of the helper, or `config-not-written`.
 */
export const editConfig = (companion: Companion, use: DataUse, change: DataChange): Promise<boolean> =>
  turns.take(() => edit(companion, use, change));

async function edit(
  companion: Companion,
  { config, variant }: DataUse,
  change: DataChange,
): Promise<boolean> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(config));
  let version: number;
  let wasDirty: boolean;
  let edits: readonly { readonly offset: number; readonly length: number; readonly text: string }[];
  // A keystroke while the helper thinks makes its offsets those of another text: then it is asked anew.
  do {
    version = document.version;
    wasDirty = document.isDirty;
    const text = document.getText();
    const params = { text, ...(variant === undefined ? {} : { variant }), change };
    ({ edits } = await companion.call('data/edit', params));
  } while (document.version !== version);
  if (edits.length === 0) return !document.isDirty;
  const written = new vscode.WorkspaceEdit();
  for (const { offset, length, text } of edits) {
    const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
    written.replace(document.uri, range, text);
  }
  if (!(await vscode.workspace.applyEdit(written)))
    throw new UserError('config-not-written', l10n.t('The config could not be changed.'), {
      place: { file: config },
      hint: l10n.t('Look whether it can be written, then try again.'),
    });
  return !wasDirty && (await document.save());
}
