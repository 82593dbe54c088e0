/** @file "New Adapter Config...": asks for base, data and name, writes the file and opens it. */
import { dirname, join, relative } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { withoutIcons } from '../common/plainText.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import { chooseFolder } from '../runs/choose.ts';
import type { Companion } from '../runtime/companion.ts';
import { newConfigText } from './newConfigText.ts';

/** Files looked at for the lists; more than that nobody reads. */
const mostFiles = 500;
/** What runs and packages write is no base and no data of the person's. */
const excluded = '**/{node_modules,runs,adapter,best,checkpoint-*,.*}/**';

interface Choice extends vscode.QuickPickItem {
  /** A path, a hub id, or a way to say another one. */
  readonly value: string;
  readonly ask?: 'browse' | 'type';
}

const unixPath = (path: string): string => path.replaceAll('\\', '/');

/** As it is written in a config in `folder`: relative where it lies below or beside it. */
function written(folder: string, path: string): string {
  const way = relative(folder, path);
  return /^(\.\.[/\\]){3}/.test(way) ? path : unixPath(way);
}

async function choiceOf(
  choices: readonly Choice[],
  title: string,
  options: vscode.OpenDialogOptions,
): Promise<string | undefined> {
  const picked = await vscode.window.showQuickPick(choices, { title, matchOnDescription: true });
  if (picked?.ask === 'browse')
    return (await vscode.window.showOpenDialog({ ...options, title }))?.[0]?.fsPath;
  if (picked?.ask === 'type')
    return await vscode.window.showInputBox({
      title,
      prompt: l10n.t('owner/name of a model on the Hugging Face hub'),
      validateInput: (text) =>
        /^[\w.-]+\/[\w.-]+$/.test(text) ? undefined : l10n.t('It has the form owner/name.'),
    });
  return picked?.value;
}

/** Folders with weights and single .gguf files, then what the hub's cache holds, then any other. */
async function chooseBase(folder: string, companion: Companion): Promise<string | undefined> {
  const files = await vscode.workspace.findFiles('**/*.{gguf,safetensors}', excluded, mostFiles);
  const paths = files
    .map(({ fsPath }) => fsPath)
    .filter((path) => !/adapter_model\.safetensors$/.test(path))
    .map((path) => (path.endsWith('.gguf') ? path : dirname(path)));
  const { bases } = await companion.call('adapters/bases', {});
  const local = [...new Set(paths)].sort().map((path): Choice => {
    const value = written(folder, path);
    return { label: withoutIcons(value), description: l10n.t('in this folder'), value };
  });
  const hub = bases.map((id): Choice => ({ label: id, description: l10n.t('downloaded'), value: id }));
  const others: Choice[] = [
    { label: l10n.t('Browse...'), value: '', ask: 'browse' },
    { label: l10n.t('Name a model of the Hugging Face hub...'), value: '', ask: 'type' },
  ];
  const base = await choiceOf([...local, ...hub, ...others], l10n.t('Base of the adapter'), {
    canSelectFiles: true,
    canSelectFolders: true,
  });
  return base === undefined || base === '' || !/^([/\\]|[A-Za-z]:)/.test(base) ? base : written(folder, base);
}

async function chooseData(folder: string): Promise<string | undefined> {
  const files = await vscode.workspace.findFiles('**/*.{jsonl,csv,parquet}', excluded, mostFiles);
  const choices = files
    .map(({ fsPath }) => written(folder, fsPath))
    .sort()
    .map((value): Choice => ({ label: withoutIcons(value), value }));
  const browse: Choice = { label: l10n.t('Browse...'), value: '', ask: 'browse' };
  const train = await choiceOf([...choices, browse], l10n.t('Training data'), { canSelectFiles: true });
  return train === undefined || train === '' || !/^([/\\]|[A-Za-z]:)/.test(train)
    ? train
    : written(folder, train);
}

async function chooseName(folder: vscode.Uri): Promise<vscode.Uri | undefined> {
  const name = await vscode.window.showInputBox({
    title: l10n.t('Name of the adapter'),
    value: 'my',
    validateInput: (text) =>
      /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,80}$/u.test(text)
        ? undefined
        : l10n.t('Letters, digits, blanks, dots and dashes.'),
  });
  return name === undefined ? undefined : vscode.Uri.joinPath(folder, `${name}.adapter.json`);
}

/** Returns the new file, undefined where the person went away. @throws UserError `file-exists`. */
export async function createConfig(companion: Companion): Promise<vscode.Uri | undefined> {
  const folder = await chooseFolder({
    placeHolder: l10n.t('Folder for the config'),
    openLabel: l10n.t('Make Config Here'),
    title: l10n.t('Folder for the config'),
  });
  if (folder === undefined) return undefined;
  const base = await chooseBase(folder.fsPath, companion);
  if (base === undefined || base === '') return undefined;
  const train = await chooseData(folder.fsPath);
  if (train === undefined || train === '') return undefined;
  const file = await chooseName(folder);
  if (file === undefined) return undefined;
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(file, { contents: Buffer.from(newConfigText({ base, train })), overwrite: false });
  if (!(await vscode.workspace.applyEdit(edit)))
    throw new UserError('file-exists', l10n.t('The file could not be made.'), {
      place: { file: join(folder.fsPath, file.path.split('/').at(-1) ?? '') },
      hint: l10n.t('Choose another name.'),
    });
  await vscode.window.showTextDocument(file, { preview: false });
  return file;
}
