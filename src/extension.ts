/** @file Entry of the extension: puts the areas together. Starts nothing until the folder is trusted. */
import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { registerAdapters } from './adapters/adapters.ts';
import type { AdapterTree } from './adapters/tree.ts';
import { Store } from './common/disposable.ts';
import { FolderFiles } from './common/folderFiles.ts';
import { onceTrusted } from './common/begin.ts';
import { registerCompare } from './compare/register.ts';
import { registerConfig } from './config/register.ts';
import { settingsSection } from './contributions/ids.ts';
import { registerDevices } from './devices/devices.ts';
import { nodeSetting } from './contributions/runs.ts';
import { Companion } from './runtime/companion.ts';
import { chooseNode } from './runtime/node.ts';
import { forkHelper } from './runtime/process.ts';
import type { Program } from './runtime/process.ts';
import { pageActions, registerRunCommands } from './runs/commands.ts';
import { RunDiagnostics } from './runs/diagnostics.ts';
import { Endings } from './runs/endings.ts';
import { Launcher } from './runs/launch.ts';
import { RunPanels } from './runs/panel.ts';
import { Runs } from './runs/runs.ts';
import { showStatus } from './runs/statusBar.ts';
import { RunTree } from './runs/tree.ts';
import type { DataArea } from './data/register.ts';
import { registerData } from './data/register.ts';
import { Trials } from './runs/trial.ts';
import { registerSweeps } from './sweeps/register.ts';
import { registerWalkthrough } from './walkthrough/walkthrough.ts';
import type { Workbench } from './workbench.ts';

/** What tests inside VS Code look at. */
export interface ExtensionApi extends Workbench {
  readonly tree: RunTree;
  readonly data: DataArea;
  readonly adapters: AdapterTree;
}

function programOf(extension: vscode.Uri): Program {
  const file = (...path: string[]) => vscode.Uri.joinPath(extension, ...path).fsPath;
  const node = chooseNode({
    setting: vscode.workspace.getConfiguration(settingsSection).get<string>(nodeSetting, 'auto'),
    execPath: process.execPath,
    electron: process.versions['electron'],
    carried: file('dist', 'node', process.platform === 'win32' ? 'node.exe' : 'node'),
    exists: existsSync,
  });
  return { node, script: file('dist', 'main.mjs') };
}

/** In turns: what waits in the host, other extensions among it, comes in between; commands and pages wait for the last. */
export async function activate(context: vscode.ExtensionContext): Promise<ExtensionApi> {
  if (vscode.l10n.bundle !== undefined) l10n.config({ contents: vscode.l10n.bundle });
  const store = new Store();
  context.subscriptions.push(store);
  const log = store.add(vscode.window.createOutputChannel('Adapter Workbench', { log: true }));
  const program = () => programOf(context.extensionUri);
  const startHelper = () =>
    forkHelper(program(), (text) => {
      log.debug(text.trimEnd());
    });
  const companion = store.add(new Companion(startHelper, log));
  const files = store.add(new FolderFiles());
  const runs = store.add(new Runs(companion, files, context.workspaceState, log));
  const tree = store.add(new RunTree(runs, context.workspaceState));
  const logs = vscode.Uri.joinPath(context.globalStorageUri, 'output').fsPath;
  const launcher = new Launcher(runs, { program, logs });
  const trials = store.add(new Trials(runs, launcher));
  const diagnostics = store.add(new RunDiagnostics(runs, log));
  await nextTurn();
  const panels = store.add(
    new RunPanels(runs, context.extensionUri, {
      ...pageActions(runs, launcher),
      opened: (run) => void diagnostics.look(run),
      showTokens: (config, line, losses) => data.losses.showRow({ config }, line, losses),
    }),
  );
  const workbench: Workbench = { context, log, companion, files, runs, launcher, panels };
  const data = store.add(registerData(workbench));
  await nextTurn();
  store.add(showStatus(runs));
  store.add(new Endings(runs, launcher, log));
  store.add(registerConfig(workbench));
  await nextTurn();
  store.add(registerRunCommands({ runs, launcher, tree, panels, trials, log }));
  store.add(registerCompare(workbench));
  store.add(registerSweeps(workbench));
  const adapters = registerAdapters(workbench, store);
  store.add(registerDevices(workbench));
  registerWalkthrough(workbench, store);
  store.add(onceTrusted(() => void runs.refresh()));
  return { ...workbench, tree, adapters, data };
}
