/** @file What the palette, menus and quick fixes of datasets do. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { maskSetting } from '../contributions/data.ts';
import type { DataCommandId } from '../contributions/data.ts';
import { settingsSection } from '../contributions/ids.ts';
import type { CommandHandlers } from '../common/commands.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { Companion } from '../runtime/companion.ts';
import type { DatasetEditors } from './datasetEditor.ts';
import type { DataFileList } from './files.ts';
import { excludeRows, includeRows, raiseLength } from './rowCommands.ts';
import type { Surveys } from './surveys.ts';
import type { TokenLosses } from './tokenLosses.ts';
import { isDatasetNode } from './tree.ts';
import type { DataUses } from './uses.ts';
import { fileStatus } from './words.ts';

export interface DataCommandContext {
  readonly companion: Companion;
  readonly uses: DataUses;
  readonly surveys: Surveys;
  readonly files: DataFileList;
  readonly editors: DatasetEditors;
  readonly losses: TokenLosses;
}

/** The file of a tree's row, of a menu, of what is open, else the one that the person picks. */
async function chooseFile(argument: unknown, files: DataFileList): Promise<string | undefined> {
  if (isDatasetNode(argument)) return argument.path;
  if (argument instanceof vscode.Uri) return argument.fsPath;
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom)
    if (/\.(jsonl|ndjson|csv|tsv|parquet)$/i.test(input.uri.path)) return input.uri.fsPath;
  await files.refresh();
  const items = files.entries.map(({ path }) => ({ label: vscode.workspace.asRelativePath(path), path }));
  if (items.length === 0)
    throw new UserError('no-data', l10n.t('There is no dataset in this folder.'), {
      hint: l10n.t('A dataset is a .jsonl, .csv or .parquet file with one example a row.'),
    });
  return (await vscode.window.showQuickPick(items, { placeHolder: l10n.t('Dataset') }))?.path;
}

async function chooseMask(uses: DataUses, file: string): Promise<void> {
  const items = uses.of(file).map((use) => ({
    label: use.label,
    description: l10n.t('{0} · cut at {1} tokens', use.role, use.length),
    detail: vscode.workspace.asRelativePath(use.config),
    use,
  }));
  if (items.length === 0) {
    const text = l10n.t('No config uses this file. Name it as data.train in a *.adapter.json.');
    void vscode.window.showInformationMessage(text);
    return;
  }
  const placeHolder = l10n.t('Config by which rows are coloured');
  const picked = await vscode.window.showQuickPick(items, { placeHolder });
  if (picked !== undefined) await uses.choose(file, picked.use);
}

export function dataHandlers(context: DataCommandContext): CommandHandlers<DataCommandId> {
  const { companion, uses, surveys, files, editors, losses } = context;
  const onFile =
    (act: (file: string, more: unknown) => unknown) => async (argument: unknown, more: unknown) => {
      const file = await chooseFile(argument, files);
      return file === undefined ? undefined : await act(file, more);
    };
  return {
    'adapterWorkbench.openDataset': onFile((file, line) =>
      editors.open(file, typeof line === 'number' ? line : undefined),
    ),
    'adapterWorkbench.showStatistics': onFile((file) => editors.showStatistics(file)),
    'adapterWorkbench.openDatasetFile': onFile((file) =>
      /\.parquet$/i.test(file)
        ? editors.open(file)
        : vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file)),
    ),
    'adapterWorkbench.checkDataset': onFile(async (file) => {
      const title = l10n.t('Checking {0}', vscode.workspace.asRelativePath(file));
      const location = vscode.ProgressLocation.Notification;
      const survey = await vscode.window.withProgress({ location, title }, () =>
        surveys.ask(file, { all: true }),
      );
      if (survey !== undefined) void vscode.window.showInformationMessage(fileStatus(survey));
      else
        throw new UserError('not-checked', surveys.failure(file) ?? l10n.t('The check did not end.'), {
          place: { file },
        });
    }),
    'adapterWorkbench.copyDatasetPath': onFile((file) => vscode.env.clipboard.writeText(file)),
    'adapterWorkbench.revealDataset': onFile((file) =>
      vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(file)),
    ),
    'adapterWorkbench.chooseMask': onFile((file) => chooseMask(uses, file)),
    'adapterWorkbench.toggleMask': async () => {
      const settings = vscode.workspace.getConfiguration(settingsSection);
      await settings.update(maskSetting, !settings.get(maskSetting, true), vscode.ConfigurationTarget.Global);
    },
    'adapterWorkbench.excludeRow': (argument) => excludeRows(companion, uses, argument),
    'adapterWorkbench.includeRow': (argument) => includeRows(companion, uses, argument),
    'adapterWorkbench.raiseLength': (argument) => raiseLength(companion, uses, argument),
    'adapterWorkbench.hideTokenLosses': () => {
      losses.hide();
      return Promise.resolve();
    },
  };
}
