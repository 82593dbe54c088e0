/** @file Which run, config or folder a command is about: the row, the selection, the editor, or what the person picks. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { withoutIcons } from '../common/plainText.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { newerFirst } from './groups.ts';
import { runRow } from './rows.ts';
import type { Runs } from './runs.ts';
import type { RunTree } from './tree.ts';

const hasKind = (argument: unknown, kind: string): argument is Readonly<Record<string, unknown>> =>
  typeof argument === 'object' && argument !== null && 'kind' in argument && argument.kind === kind;

/** The folder of a row that stands for a run, in whatever tree. */
function folderOf(argument: unknown): string | undefined {
  if (!hasKind(argument, 'run')) return undefined;
  const { folder } = argument;
  return typeof folder === 'string' ? folder : undefined;
}

/** A row of the Adapters view: a config, or one of its variants. */
export interface VariantArgument {
  readonly config: string;
  readonly variant?: string;
}

export function variantOf(argument: unknown): VariantArgument | undefined {
  if (!hasKind(argument, 'variant') && !hasKind(argument, 'config')) return undefined;
  const { config, variant } = argument;
  if (typeof config !== 'string') return undefined;
  return { config, ...(typeof variant === 'string' ? { variant } : {}) };
}

const isSelection = (argument: unknown): boolean =>
  typeof argument === 'object' && argument !== null && 'selected' in argument;

/** The runs that a command is about without asking: all selected rows, the one row, or those that a key was pressed on. */
export function selectedRuns(runs: Runs, tree: RunTree, argument: unknown, selected: unknown): RunSummary[] {
  const nodes: readonly unknown[] = Array.isArray(selected)
    ? (selected as readonly unknown[])
    : isSelection(argument)
      ? tree.view.selection
      : [argument];
  return nodes.map(folderOf).flatMap((folder) => (folder === undefined ? [] : (runs.get(folder) ?? [])));
}

export interface Words {
  readonly placeHolder: string;
  readonly none: string;
}

export interface RunChoice extends vscode.QuickPickItem {
  readonly run: RunSummary;
}

/** Newest first. */
export const runChoices = (runs: readonly RunSummary[]): RunChoice[] =>
  [...runs].sort(newerFirst).map((run) => {
    const { label, description } = runRow(run);
    return { label: withoutIcons(label), description: withoutIcons(description), run };
  });

/** The run of a tree's row, else the only fitting one, else the one that the person picks. */
export async function chooseRun(
  runs: Runs,
  argument: unknown,
  fits: (run: RunSummary) => boolean,
  { placeHolder, none }: Words,
): Promise<RunSummary | undefined> {
  const folder = folderOf(argument);
  if (folder !== undefined) return runs.get(folder);
  const fitting = runs.all().filter(fits);
  if (fitting.length === 0) void vscode.window.showInformationMessage(none);
  if (fitting.length <= 1) return fitting[0];
  return (await vscode.window.showQuickPick(runChoices(fitting), { placeHolder }))?.run;
}

/** The config that a menu or a row names, else the one in the active editor, saved first. */
export async function chooseConfig(argument: unknown): Promise<VariantArgument | undefined> {
  const row = variantOf(argument);
  const uri =
    row !== undefined
      ? vscode.Uri.file(row.config)
      : argument instanceof vscode.Uri
        ? argument
        : vscode.window.activeTextEditor?.document.uri;
  if (!uri?.path.endsWith('.adapter.json'))
    throw new UserError('no-config', l10n.t('No config is open.'), {
      hint: l10n.t('Open a file that ends in .adapter.json, or use Quick Start.'),
    });
  if (uri.scheme !== 'file')
    throw new UserError('no-file', l10n.t('The config is not a file on this machine.'), {
      hint: l10n.t('Save it to disk first.'),
    });
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
  if (document?.isDirty === true && !(await document.save())) return undefined;
  return row ?? { config: uri.fsPath };
}

/** The opened folder, else one that the person picks. */
export async function chooseFolder(words: {
  readonly placeHolder: string;
  readonly title: string;
  readonly openLabel: string;
}): Promise<vscode.Uri | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (folders.length === 1) return folders[0]?.uri;
  const { placeHolder, title, openLabel } = words;
  if (folders.length > 1) return (await vscode.window.showWorkspaceFolderPick({ placeHolder }))?.uri;
  const picked = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel,
    title,
  });
  return picked?.[0];
}
