/** @file From a step's row to its line: opened, with the losses of its tokens, excluded, or copied. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import type { StepRow, StepRows } from '../../runtime/contract/api/runDetails.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { RowAction } from '../../webview/run/protocol.ts';

/** What the data area's commands take. Lines count from 1; `config` is the run's own, resolved. */
interface RowOfConfig {
  readonly config: string;
  readonly file: string;
  readonly line: number;
  /** Of the row's supervised tokens, in order. */
  readonly losses: readonly number[];
}

async function openLine({ file, line }: RowOfConfig): Promise<void> {
  const at = new vscode.Position(line - 1, 0);
  await vscode.window.showTextDocument(vscode.Uri.file(file), { selection: new vscode.Range(at, at) });
}

/** @throws UserError `row-moved` where the row isn't in its file any more. */
export async function actOnRow(rows: StepRows, row: StepRow, action: RowAction): Promise<void> {
  if (action === 'copy') {
    await vscode.env.clipboard.writeText(row.text ?? '');
    return;
  }
  if (row.line === undefined)
    throw new UserError('row-moved', l10n.t('The row is not in its file any more.'), {
      place: { file: rows.file },
      hint: l10n.t('The file was moved or changed since the run.'),
    });
  const { config, file } = rows;
  const place: RowOfConfig = { config, file, line: row.line, losses: row.tokenLosses ?? [] };
  if (action === 'exclude') await vscode.commands.executeCommand('adapterWorkbench.excludeRow', place);
  else if (action === 'tokens' && place.losses.length > 0)
    await vscode.commands.executeCommand('adapterWorkbench.showTokenLosses', place);
  else await openLine(place);
}
