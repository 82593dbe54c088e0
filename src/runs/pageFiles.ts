/** @file Files that a run's page leads to: its log, adapter and data, and a key of the config that wrote it. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import type { RunTexts } from '../../runtime/contract/api/runDetails.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { keyPlace } from '../../runtime/contract/keyPlace.ts';
import { UserError } from '../../runtime/contract/errors.ts';

export async function showRunFile(
  { folder, record }: RunSummary,
  texts: () => Promise<RunTexts>,
  what: 'log' | 'adapter' | 'data',
): Promise<void> {
  if (what === 'log') await vscode.window.showTextDocument(vscode.Uri.file(join(folder, 'log.txt')));
  else if (what === 'adapter')
    await vscode.commands.executeCommand(
      'revealFileInOS',
      vscode.Uri.file(join(record.adapter ?? folder, 'adapter_config.json')),
    );
  else {
    const data = (await texts()).resolved?.data.train;
    if (data === undefined)
      throw new UserError('no-config', l10n.t("The run's config can't be read."), {
        place: { file: folder },
      });
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(data));
  }
}

/** Opens the config that wrote the run, at a key. */
export async function showConfigKey({ record }: RunSummary, key: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(record.config));
  const at = document.positionAt(keyPlace(document.getText(), key, record.variant)?.offset ?? 0);
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(at, at) });
}
