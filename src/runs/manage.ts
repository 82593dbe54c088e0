/** @file Renames, deletes, compares and reproduces runs. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../common/plainText.ts';
import type { CompareCommandId } from '../contributions/compare.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { runChoices, selectedRuns } from './choose.ts';
import { isLive, runLabel } from './rows.ts';
import type { Runs } from './runs.ts';
import type { RunTree } from './tree.ts';

/** The page that compares; it takes the folders of runs. */
const compareCommand: CompareCommandId = 'adapterWorkbench.compareRuns';

export async function renameRun(
  runs: Runs,
  tree: RunTree,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  const [run] = selectedRuns(runs, tree, argument, selected);
  if (run === undefined) return;
  const label = await vscode.window.showInputBox({
    title: l10n.t('Rename Run'),
    prompt: l10n.t('Empty gives it back the name of its config and variant.'),
    value: runLabel(run),
    validateInput: (value) => (value.length > 200 ? l10n.t('A name has at most 200 characters.') : undefined),
  });
  if (label === undefined || label === runLabel(run)) return;
  await runs.call('run/rename', { folder: run.folder, label: oneLine(label) });
}

/** The one question before deleting. */
async function confirmed(runs: readonly RunSummary[], action: string, detail: string): Promise<boolean> {
  const [first] = runs;
  const message =
    runs.length === 1 && first !== undefined
      ? l10n.t('Delete the run "{0}"?', runLabel(first))
      : l10n.t('Delete {0} runs?', runs.length);
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, action)) === action;
}

async function deleteForGood(runs: readonly RunSummary[]): Promise<void> {
  const action = l10n.t('Delete Permanently');
  if (!(await confirmed(runs, action, l10n.t('There is no trash here: this can not be undone.')))) return;
  for (const run of runs)
    await vscode.workspace.fs.delete(vscode.Uri.file(run.folder), { recursive: true, useTrash: false });
}

/** To the trash; where there is none (remote folders) for good, after another question. Live runs are refused. */
export async function deleteRuns(
  runs: Runs,
  tree: RunTree,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  const chosen = selectedRuns(runs, tree, argument, selected);
  if (chosen.length === 0) return;
  // read anew: another window may have resumed one a moment ago
  const now = await Promise.all(chosen.map(({ folder }) => runs.call('run/read', { folder })));
  const live = now.find(({ record }) => isLive(record.status));
  if (live !== undefined)
    throw new UserError('run-in-use', l10n.t('The run "{0}" is going on.', runLabel(live)), {
      hint: l10n.t('Stop it first.'),
    });
  const detail = l10n.t('Its record, checkpoints and adapter go to the trash.');
  if (!(await confirmed(now, l10n.t('Move to Trash'), detail))) return;
  const left = [...now];
  for (const run of now) {
    try {
      await vscode.workspace.fs.delete(vscode.Uri.file(run.folder), { recursive: true, useTrash: true });
      left.shift();
    } catch {
      // this file system has no trash, or it is full: the rest is asked for once more
      break;
    }
  }
  if (left.length > 0) await deleteForGood(left);
}

/** Compares the selected runs; with one alone the person picks what to hold it against. */
export async function compareRuns(
  runs: Runs,
  tree: RunTree,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  let chosen = selectedRuns(runs, tree, argument, selected);
  const [only] = chosen;
  if (chosen.length === 1 && only !== undefined) {
    const others = runs.all().filter(({ folder }) => folder !== only.folder);
    const picked = await vscode.window.showQuickPick(runChoices(others), {
      canPickMany: true,
      placeHolder: l10n.t('Runs to compare with {0}', runLabel(only)),
    });
    if (picked === undefined || picked.length === 0) return;
    chosen = [only, ...picked.map(({ run }) => run)];
  }
  if (chosen.length > 1)
    await vscode.commands.executeCommand(
      compareCommand,
      chosen.map(({ folder }) => folder),
    );
}

/** Trains anew from what the run recorded; says first what of its base and data is not the same any more. */
export async function reproduceRun<T>(
  runs: Runs,
  { folder, record }: RunSummary,
  start: () => Promise<T>,
): Promise<T | undefined> {
  const { changed } = await runs.call('run/origin', { folder });
  if (changed.length > 0) {
    const lines = changed.map(({ role, path, what }) =>
      what === 'missing'
        ? l10n.t('{0}: {1} is not there', role, oneLine(path))
        : l10n.t('{0}: {1} has another content', role, oneLine(path)),
    );
    const action = l10n.t('Train Anyway');
    const answer = await vscode.window.showWarningMessage(
      l10n.t(
        'What "{0}" was made from has changed, so a new run will not give the same numbers.',
        oneLine(record.name),
      ),
      { modal: true, detail: lines.join('\n') },
      action,
    );
    if (answer !== action) return undefined;
  }
  return await start();
}
