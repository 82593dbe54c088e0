/** @file One item in the status bar while something trains; a click opens the run. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RunCommandId } from '../contributions/runs.ts';
import { isLive, statusText } from './rows.ts';
import type { Runs } from './runs.ts';

export function showStatus(runs: Runs): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    'adapterWorkbench.status',
    vscode.StatusBarAlignment.Left,
    10,
  );
  item.name = 'Adapter Workbench';
  const update = (): void => {
    const text = statusText(runs.all());
    if (text === undefined) {
      item.hide();
      return;
    }
    const live = runs.all().filter((run) => isLive(run.record.status));
    item.text = text;
    item.tooltip = live.length === 1 ? l10n.t('Open the run') : l10n.t('Choose a run to open');
    item.command = {
      command: 'adapterWorkbench.openRun' satisfies RunCommandId,
      title: l10n.t('Open Run'),
      arguments: live.length === 1 ? [{ kind: 'run', folder: live[0]?.folder }] : [],
    };
    item.show();
  };
  return vscode.Disposable.from(item, runs.onDidChange(update));
}
