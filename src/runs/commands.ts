/** @file What the palette, menus and buttons do. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { RunCommandId } from '../contributions/runs.ts';
import { registerCommands } from '../common/commands.ts';
import type { CommandHandlers } from '../common/commands.ts';
import type { Disposable } from '../common/disposable.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { Launcher } from './launch.ts';
import type { PageActions, RunPanels } from './panel.ts';
import { isLive, isResumable, runRow } from './rows.ts';
import type { Runs } from './runs.ts';
import type { RunNode, RunTree } from './tree.ts';

export interface RunCommandContext {
  readonly runs: Runs;
  readonly launcher: Launcher;
  readonly tree: RunTree;
  readonly panels: RunPanels;
  readonly log: vscode.LogOutputChannel;
}

/** A row of a tree that stands for a run. */
const isRunNode = (argument: unknown): argument is RunNode & { kind: 'run' } =>
  typeof argument === 'object' && argument !== null && 'kind' in argument && argument.kind === 'run';

const quickStartFolder = 'adapter-quickstart';

/** What a page's buttons do; the commands do the same. */
export function pageActions(runs: Runs, launcher: Launcher): Pick<PageActions, 'stop' | 'resume' | 'show'> {
  return {
    stop: async (folder) => {
      await runs.call('run/stop', { folder });
    },
    resume: async (folder) => {
      await launcher.resume(folder);
    },
    show: async (folder, what) => {
      const run = runs.get(folder);
      if (what === 'folder') await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(folder));
      else if (run !== undefined) await vscode.window.showTextDocument(vscode.Uri.file(configOf(run)));
    },
  };
}

/** The config as it was when the run began: the one beside it may have changed since. */
const configOf = (run: RunSummary): string => join(run.folder, 'config.jsonc');

/** The run of a tree's row, else the only fitting one, else the one that the person picks. */
async function chooseRun(
  runs: Runs,
  argument: unknown,
  fits: (run: RunSummary) => boolean,
  { placeHolder, none }: { placeHolder: string; none: string },
): Promise<RunSummary | undefined> {
  if (isRunNode(argument)) return runs.get(argument.folder);
  const fitting = runs.all().filter(fits);
  if (fitting.length === 0) void vscode.window.showInformationMessage(none);
  if (fitting.length <= 1) return fitting[0];
  const newestFirst = fitting.sort((a, b) => b.record.created.localeCompare(a.record.created));
  const items = newestFirst.map((run) => {
    const { label, description } = runRow(run);
    return { label, description, run };
  });
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.run;
}

/** The config that a menu names, else the one in the active editor, saved first. */
async function chooseConfig(argument: unknown): Promise<string | undefined> {
  const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
  if (!uri?.path.endsWith('.adapter.json'))
    throw new UserError('no-config', 'No config is open.', {
      hint: 'Open a file that ends in .adapter.json, or use Quick Start.',
    });
  if (uri.scheme !== 'file')
    throw new UserError('no-file', 'The config is not a file on this machine.', {
      hint: 'Save it to disk first.',
    });
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
  if (document?.isDirty === true && !(await document.save())) return undefined;
  return uri.fsPath;
}

/** The opened folder, else one that the person picks. */
async function chooseFolder(): Promise<vscode.Uri | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (folders.length === 1) return folders[0]?.uri;
  if (folders.length > 1)
    return (await vscode.window.showWorkspaceFolderPick({ placeHolder: 'Folder for the quick start' }))?.uri;
  const picked = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: 'Train Here',
    title: `Folder for the quick start (makes ${quickStartFolder} in it)`,
  });
  return picked?.[0];
}

function handlers({ runs, launcher, tree, panels }: RunCommandContext): CommandHandlers<RunCommandId> {
  const actions = pageActions(runs, launcher);
  /** A run that has begun: its page and its row. */
  const shown = async (begun: Promise<RunSummary | undefined>): Promise<string | undefined> => {
    const run = await begun;
    if (run === undefined) return undefined;
    panels.show(run);
    await tree.reveal(run.folder);
    return run.folder;
  };
  const any = { placeHolder: 'Run', none: 'There is no run yet.' };
  const onRun =
    (
      fits: (run: RunSummary) => boolean,
      words: { placeHolder: string; none: string },
      act: (run: RunSummary) => unknown,
    ) =>
    async (argument: unknown) => {
      const run = await chooseRun(runs, argument, fits, words);
      return run === undefined ? undefined : await act(run);
    };
  return {
    'adapterWorkbench.quickStart': async () => {
      const folder = await chooseFolder();
      if (folder === undefined) return undefined;
      return await shown(launcher.quickStart(join(folder.fsPath, quickStartFolder)));
    },
    'adapterWorkbench.train': async (argument) => {
      const config = await chooseConfig(argument);
      return config === undefined ? undefined : await shown(launcher.train(config));
    },
    'adapterWorkbench.stop': onRun(
      (run) => isLive(run.record.status),
      { placeHolder: 'Run to stop after its current step', none: 'No run is going on.' },
      (run) => actions.stop(run.folder),
    ),
    'adapterWorkbench.resume': onRun(
      (run) => isResumable(run.record.status),
      { placeHolder: 'Run to resume', none: 'No run can be resumed.' },
      (run) => shown(launcher.resume(run.folder)),
    ),
    'adapterWorkbench.openRun': onRun(
      () => true,
      any,
      (run) => {
        panels.show(run);
      },
    ),
    'adapterWorkbench.openConfig': onRun(
      () => true,
      any,
      (run) => actions.show(run.folder, 'config'),
    ),
    'adapterWorkbench.revealRun': onRun(
      () => true,
      any,
      (run) => actions.show(run.folder, 'folder'),
    ),
    'adapterWorkbench.copyRunPath': onRun(
      () => true,
      any,
      (run) => vscode.env.clipboard.writeText(run.folder),
    ),
  };
}

export const registerRunCommands = (context: RunCommandContext): Disposable =>
  registerCommands(handlers(context), context.log);
