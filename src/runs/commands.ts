/** @file What the palette, menus and buttons do with runs: start, stop, open. `manage.ts` has what changes or compares them. */
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RunCommandId } from '../contributions/runs.ts';
import { registerCommands } from '../common/commands.ts';
import type { CommandHandlers } from '../common/commands.ts';
import type { Disposable } from '../common/disposable.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { chooseConfig, chooseFolder, chooseRun } from './choose.ts';
import type { Words } from './choose.ts';
import { editFilter } from './filterInput.ts';
import { noFilter } from './groups.ts';
import type { Launcher } from './launch.ts';
import { compareRuns, deleteRuns, renameRun, reproduceRun } from './manage.ts';
import type { PageActions, RunPanels } from './panel.ts';
import { isLive, isResumable } from './rows.ts';
import type { Runs } from './runs.ts';
import type { RunTree } from './tree.ts';
import type { Trials } from './trial.ts';

export interface RunCommandContext {
  readonly runs: Runs;
  readonly launcher: Launcher;
  readonly tree: RunTree;
  readonly panels: RunPanels;
  readonly trials: Trials;
  readonly log: vscode.LogOutputChannel;
}

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
      else if (run !== undefined) await openFile(configOf(run));
    },
  };
}

const openFile = (path: string) => vscode.window.showTextDocument(vscode.Uri.file(path));

/** The config as it was when the run began: the one beside it may have changed since. */
const configOf = (run: RunSummary): string => join(run.folder, 'config.jsonc');

const anyWords = (): Words => ({ placeHolder: l10n.t('Run'), none: l10n.t('There is no run yet.') });

type OnRun = (
  fits: (run: RunSummary) => boolean,
  words: Words,
  act: (run: RunSummary) => unknown,
) => (argument: unknown) => Promise<unknown>;

/** A run that has begun: its page and its row. */
type Shown = (begun: Promise<RunSummary | undefined>) => Promise<string | undefined>;

function startHandlers({ launcher }: RunCommandContext, onRun: OnRun, shown: Shown) {
  return {
    'adapterWorkbench.quickStart': async () => {
      const folder = await chooseFolder({
        placeHolder: l10n.t('Folder for the quick start'),
        openLabel: l10n.t('Train Here'),
        title: l10n.t('Folder for the quick start (makes {0} in it)', quickStartFolder),
      });
      if (folder === undefined) return undefined;
      return await shown(launcher.quickStart(join(folder.fsPath, quickStartFolder)));
    },
    'adapterWorkbench.train': async (argument: unknown) => {
      const chosen = await chooseConfig(argument);
      return chosen === undefined ? undefined : await shown(launcher.train(chosen.config, chosen.variant));
    },
    'adapterWorkbench.resume': onRun(
      (run) => isResumable(run.record.status),
      { placeHolder: l10n.t('Run to resume'), none: l10n.t('No run can be resumed.') },
      (run) => shown(launcher.resume(run.folder)),
    ),
  };
}

function openHandlers({ runs, launcher, panels, trials }: RunCommandContext, onRun: OnRun) {
  const actions = pageActions(runs, launcher);
  const onAny = (act: (run: RunSummary) => unknown) => onRun(() => true, anyWords(), act);
  return {
    'adapterWorkbench.stop': onRun(
      (run) => isLive(run.record.status),
      { placeHolder: l10n.t('Run to stop after its current step'), none: l10n.t('No run is going on.') },
      (run) => actions.stop(run.folder),
    ),
    'adapterWorkbench.openRun': (argument: unknown) => {
      const click = typeof argument === 'object' && argument !== null && 'preserveFocus' in argument;
      return onAny((run) => {
        panels.show(run, click);
      })(argument);
    },
    'adapterWorkbench.openConfig': onAny((run) => actions.show(run.folder, 'config')),
    'adapterWorkbench.openRunLog': onAny((run) => openFile(join(run.folder, 'log.txt'))),
    'adapterWorkbench.revealRun': onAny((run) => actions.show(run.folder, 'folder')),
    'adapterWorkbench.copyRunPath': onAny((run) => vscode.env.clipboard.writeText(run.folder)),
    'adapterWorkbench.tryAdapter': onRun(
      ({ record }) => record.status === 'done',
      { placeHolder: l10n.t('Run whose adapter to try'), none: l10n.t('No run is done yet.') },
      (run) => trials.ask(run),
    ),
  };
}

function handlers(context: RunCommandContext): CommandHandlers<RunCommandId> {
  const { runs, launcher, tree, panels } = context;
  const onRun: OnRun = (fits, said, act) => async (argument) => {
    const run = await chooseRun(runs, argument, fits, said);
    return run === undefined ? undefined : await act(run);
  };
  const shown: Shown = async (begun) => {
    const run = await begun;
    if (run === undefined) return undefined;
    panels.show(run);
    await tree.reveal(run.folder);
    return run.folder;
  };
  const grouped = (by: 'adapter' | 'day') => () => tree.setGrouping(by);
  return {
    ...startHandlers(context, onRun, shown),
    ...openHandlers(context, onRun),
    'adapterWorkbench.reproduce': onRun(
      () => true,
      anyWords(),
      (run) => reproduceRun(runs, run, () => shown(launcher.reproduce(run.folder))),
    ),
    'adapterWorkbench.compareSelectedRuns': (argument, selected) =>
      compareRuns(runs, tree, argument, selected),
    'adapterWorkbench.renameRun': (argument, selected) => renameRun(runs, tree, argument, selected),
    'adapterWorkbench.deleteRun': (argument, selected) => deleteRuns(runs, tree, argument, selected),
    'adapterWorkbench.filterRuns': () => editFilter(tree),
    'adapterWorkbench.clearRunFilter': () => {
      tree.setFilter(noFilter);
      return Promise.resolve();
    },
    'adapterWorkbench.groupRunsByAdapter': grouped('adapter'),
    'adapterWorkbench.groupRunsByDay': grouped('day'),
    'adapterWorkbench.showMoreRuns': (argument) => {
      if (typeof argument === 'object' && argument !== null && 'group' in argument)
        tree.showMore(String(argument.group));
      return Promise.resolve();
    },
  };
}

export const registerRunCommands = (context: RunCommandContext): Disposable =>
  registerCommands(handlers(context), context.log);
