/** @file From a step's row to its line: opened, with the losses of its tokens, excluded, or copied. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import type { DataCommandId } from '../contributions/data.ts';
import type { StepRow, StepRows } from '../../runtime/contract/api/runDetails.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { RowAction } from '../../webview/run/protocol.ts';

export interface RowActions {
  /** Opens the row of a config's training file; `losses` are those of its supervised tokens in order. Lines count from 1. */
  readonly showTokens: (config: string, line: number, losses: readonly number[]) => Promise<void>;
}

const excludeCommand: DataCommandId = 'adapterWorkbench.excludeRow';

async function openLine(file: string, line: number): Promise<void> {
  const at = new vscode.Position(line - 1, 0);
  await vscode.window.showTextDocument(vscode.Uri.file(file), { selection: new vscode.Range(at, at) });
}

/** @throws UserError `row-moved` where the row isn't in its file any more. */
export async function actOnRow(
  { config, file }: StepRows,
  { line, text, tokenLosses }: StepRow,
  action: RowAction,
  { showTokens }: RowActions,
): Promise<void> {
  if (action === 'copy') await vscode.env.clipboard.writeText(text ?? '');
  else if (line === undefined)
    throw new UserError('row-moved', l10n.t('The row is not in its file any more.'), {
      place: { file },
      hint: l10n.t('The file was moved or changed since the run.'),
    });
  else if (action === 'exclude') await vscode.commands.executeCommand(excludeCommand, { file, row: line });
  else if (action === 'tokens' && tokenLosses !== undefined) await showTokens(config, line, tokenLosses);
  else await openLine(file, line);
}
