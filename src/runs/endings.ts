/** @file One notification when a run ends; none while it goes well. */
import * as vscode from 'vscode';
import type { RunCommandId } from '../contributions/runs.ts';
import type { Launcher } from './launch.ts';
import type { TableChange } from './runTable.ts';
import type { Runs } from './runs.ts';

async function tell(
  { run, text, failed }: TableChange['endings'][number],
  launcher: Launcher,
): Promise<void> {
  const { folder, record } = run;
  // A quick start goes on with its proof: one message says both.
  const proof = record.status === 'done' ? await launcher.proofOf(folder) : undefined;
  const show = failed ? vscode.window.showErrorMessage : vscode.window.showInformationMessage;
  const answer = await show(proof === undefined ? text : `${text} ${proof}`, 'Open Run');
  if (answer !== undefined)
    await vscode.commands.executeCommand('adapterWorkbench.openRun' satisfies RunCommandId, {
      kind: 'run',
      folder,
    });
}

export function tellEndings(runs: Runs, launcher: Launcher): vscode.Disposable {
  return runs.onDidChange(({ endings }) => {
    for (const ending of endings) void tell(ending, launcher);
  });
}
