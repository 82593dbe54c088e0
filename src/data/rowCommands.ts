/** @file Excluding and including rows: the config's list changes, the data never does. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { UserError } from '../../runtime/contract/errors.ts';
import type { DataUse } from '../../runtime/contract/api/data.ts';
import type { Companion } from '../runtime/companion.ts';
import { editConfig } from './configEdits.ts';
import type { LengthArguments, RowArguments } from './diagnostics.ts';
import { isRowDocument } from './limits.ts';
import type { DataUses } from './uses.ts';

const isRow = (value: unknown): value is RowArguments =>
  typeof value === 'object' &&
  value !== null &&
  'file' in value &&
  'row' in value &&
  typeof value.row === 'number';
const isLength = (value: unknown): value is LengthArguments =>
  typeof value === 'object' && value !== null && 'file' in value && 'length' in value;

/** The rows that an argument names, else those of the selection in the active editor. */
function rowsOf(argument: unknown): { file: string; rows: readonly number[] } {
  if (isRow(argument)) return { file: argument.file, rows: [argument.row] };
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || !isRowDocument(editor.document))
    throw new UserError('no-row', l10n.t('No row of a dataset is selected.'), {
      hint: l10n.t('Put the cursor on a line of a .jsonl file.'),
    });
  const rows = editor.selections.flatMap(({ start, end }) =>
    Array.from({ length: end.line - start.line + 1 }, (_, i) => start.line + i + 1),
  );
  return { file: editor.document.uri.fsPath, rows };
}

function useOf(uses: DataUses, file: string): DataUse {
  const use = uses.chosen(file);
  if (use?.role === 'train') return use;
  throw new UserError(
    'no-config',
    use === undefined
      ? l10n.t('No config uses this file.')
      : l10n.t('This file is used for validation only.'),
    { place: { file }, hint: l10n.t('Rows are excluded by the config that trains on them (data.exclude).') },
  );
}

async function change(
  companion: Companion,
  uses: DataUses,
  argument: unknown,
  excluded: boolean,
): Promise<void> {
  const { file, rows } = rowsOf(argument);
  const use = useOf(uses, file);
  const saved = await editConfig(companion, use, { key: 'exclude', rows, excluded });
  if (saved) await uses.refresh();
  else
    void vscode.window.showInformationMessage(l10n.t('{0} has changes of its own: save it, too.', use.label));
}

export const excludeRows = (companion: Companion, uses: DataUses, argument: unknown): Promise<void> =>
  change(companion, uses, argument, true);

export const includeRows = (companion: Companion, uses: DataUses, argument: unknown): Promise<void> =>
  change(companion, uses, argument, false);

/** A longer cut, from a quick fix. */
export async function raiseLength(companion: Companion, uses: DataUses, argument: unknown): Promise<void> {
  if (!isLength(argument)) return;
  const use = uses.chosen(argument.file);
  if (use === undefined) return;
  if (await editConfig(companion, use, { key: 'length', value: argument.length })) await uses.refresh();
}
