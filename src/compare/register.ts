/** @file The command that compares runs, and its pages. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { registerCommands } from '../common/commands.ts';
import type { Disposable } from '../common/disposable.ts';
import type { CompareCommandId } from '../contributions/compare.ts';
import { runChoices } from '../runs/choose.ts';
import type { Workbench } from '../workbench.ts';
import { foldersOf } from './folders.ts';
import { ComparePanels } from './panels.ts';

/** The runs that a person picks; undefined where they pick none. */
async function pickFolders({ runs }: Workbench): Promise<string[] | undefined> {
  if (runs.all().length === 0) {
    void vscode.window.showInformationMessage(l10n.t('There is no run yet.'));
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(runChoices(runs.all()), {
    canPickMany: true,
    matchOnDescription: true,
    placeHolder: l10n.t('Runs to compare; the oldest one is what the others are told against'),
  });
  return picked?.map(({ run }) => run.folder).reverse();
}

export function registerCompare(workbench: Workbench): Disposable {
  const panels = new ComparePanels(workbench);
  const commands = registerCommands<CompareCommandId>(
    {
      'adapterWorkbench.compareRuns': async (argument, selected) => {
        const given = foldersOf(argument, selected);
        const folders = given.length > 0 ? given : ((await pickFolders(workbench)) ?? []);
        if (folders.length > 0) panels.show(folders);
      },
    },
    workbench.log,
  );
  return vscode.Disposable.from(panels, commands);
}
