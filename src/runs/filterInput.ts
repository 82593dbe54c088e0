/** @file Asks for the filter of the Runs view; the list follows while the person types and ticks. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RunStatus } from '../../runtime/contract/run.ts';
import type { RunTree } from './tree.ts';

/** As they are called everywhere. */
const statuses: readonly RunStatus[] = ['running', 'waiting', 'stopped', 'interrupted', 'failed', 'done'];

interface StatusItem extends vscode.QuickPickItem {
  readonly status: RunStatus;
}

/** Enter keeps the filter, Escape brings the earlier one back. */
export async function editFilter(tree: RunTree): Promise<void> {
  const before = tree.filter;
  const input = vscode.window.createQuickPick<StatusItem>();
  // typed words filter the runs, not the list of states
  input.items = statuses.map((status) => ({ label: status, status, alwaysShow: true }));
  input.canSelectMany = true;
  input.title = l10n.t('Filter Runs');
  input.placeholder = l10n.t('Words in name, variant or message; tick states to show only these');
  input.value = before.text;
  input.selectedItems = input.items.filter(({ status }) => before.statuses.includes(status));
  const apply = (): void => {
    tree.setFilter({ text: input.value, statuses: input.selectedItems.map(({ status }) => status) });
  };
  let kept = false;
  const ended = new Promise<void>((resolve) => {
    input.onDidHide(() => {
      if (!kept) tree.setFilter(before);
      input.dispose();
      resolve();
    });
  });
  input.onDidChangeValue(apply);
  input.onDidChangeSelection(apply);
  input.onDidAccept(() => {
    kept = true;
    apply();
    input.hide();
  });
  input.show();
  await ended;
}
