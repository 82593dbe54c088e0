/** @file Getting Started: opens its files, and notices when a step is done. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { mistakeKey, trainedKey, walkthroughId } from '../contributions/walkthrough.ts';
import type { WalkthroughCommandId } from '../contributions/walkthrough.ts';
import { registerCommands } from '../common/commands.ts';
import type { CommandHandlers } from '../common/commands.ts';
import type { Store } from '../common/disposable.ts';
import { isConfigFile } from '../common/folderFiles.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import { newerFirst } from '../runs/groups.ts';
import type { Workbench } from '../workbench.ts';

const done = (key: string) => vscode.commands.executeCommand('setContext', key, true);

/** The newest run's file of that name: as a rule the quick start's. */
function firstFile({ runs }: Workbench, fileOf: (config: string) => string): string {
  const files = [...runs.all()].sort(newerFirst).map(({ record }) => fileOf(record.config));
  const found = files.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new UserError('no-run', l10n.t('The first adapter is not there yet.'), {
    hint: l10n.t('Train it: that makes the config and the data.'),
  });
}

function handlers(workbench: Workbench): CommandHandlers<WalkthroughCommandId> {
  // beside the walkthrough, which stays to be read
  const open = async (path: string) =>
    vscode.window.showTextDocument(vscode.Uri.file(path), { preview: false });
  return {
    'adapterWorkbench.openWalkthrough': async () => {
      const id = `${workbench.context.extension.id}#${walkthroughId}`;
      await vscode.commands.executeCommand('workbench.action.openWalkthrough', id, false);
    },
    'adapterWorkbench.openFirstConfig': () => open(firstFile(workbench, (config) => config)),
    'adapterWorkbench.openFirstData': () =>
      open(firstFile(workbench, (config) => join(dirname(config), 'tickets', 'train.jsonl'))),
  };
}

/** A config that is open and in which an error is marked. */
const hasMistake = (uri: vscode.Uri): boolean =>
  isConfigFile(uri) &&
  vscode.languages.getDiagnostics(uri).some(({ severity }) => severity === vscode.DiagnosticSeverity.Error);

export function registerWalkthrough(workbench: Workbench, store: Store): void {
  const { runs, log } = workbench;
  store.add(registerCommands(handlers(workbench), log));
  const trained = runs.onDidChange(() => {
    if (!runs.all().some(({ record }) => record.status === 'done')) return;
    void done(trainedKey);
    trained.dispose();
  });
  store.add(trained);
  const marked = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
    // a broken config of the folder is no step of the person's
    const active = vscode.window.activeTextEditor?.document;
    if (active?.isDirty !== true || !uris.some((uri) => uri.toString() === active.uri.toString())) return;
    if (!hasMistake(active.uri)) return;
    void done(mistakeKey);
    marked.dispose();
  });
  store.add(marked);
}
