/** @file What the Adapters view's menus and buttons do. */
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import * as vscode from 'vscode';
import type { AdapterCommandId } from '../contributions/adapters.ts';
import type { CompareCommandId } from '../contributions/compare.ts';
import { registerCommands } from '../common/commands.ts';
import type { CommandHandlers } from '../common/commands.ts';
import type { Disposable } from '../common/disposable.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { chooseConfig, variantOf } from '../runs/choose.ts';
import type { VariantArgument } from '../runs/choose.ts';
import type { Workbench } from '../workbench.ts';
import { duplicateVariant, freeName } from './duplicate.ts';
import { createConfig } from './newConfig.ts';
import { baseVariant } from './rows.ts';
import type { AdapterStore } from './store.ts';
import type { AdapterTree } from './tree.ts';

/** Of another area: the page that compares; it takes the folders of runs. */
const compareCommand: CompareCommandId = 'adapterWorkbench.compareRuns';

function requireVariant(argument: unknown): VariantArgument {
  const chosen = variantOf(argument);
  if (chosen !== undefined) return chosen;
  throw new UserError('no-variant', l10n.t('This command needs a row of the Adapters view.'));
}

/** Opens the config at the variant, where it is one that the file names. */
async function openVariant({ config, variant }: VariantArgument): Promise<void> {
  const editor = await vscode.window.showTextDocument(vscode.Uri.file(config));
  if (variant === undefined) return;
  const { document } = editor;
  const root = parseTree(document.getText());
  const node = root && findNodeAtLocation(root, ['variants', variant]);
  if (node !== undefined) show(editor, node.offset, node.length);
}

function show(editor: vscode.TextEditor, offset: number, length: number): void {
  const range = new vscode.Range(
    editor.document.positionAt(offset),
    editor.document.positionAt(offset + length),
  );
  editor.selection = new vscode.Selection(range.start, range.end);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

async function duplicate({ config, variant }: VariantArgument, taken: readonly string[]): Promise<void> {
  const wanted = variant === undefined ? l10n.t('new variant') : l10n.t('{0} copy', variant);
  const name = await vscode.window.showInputBox({
    title: l10n.t('Duplicate as Variant'),
    prompt: l10n.t('Name of the new variant'),
    value: freeName(wanted, taken),
    validateInput: (text) =>
      text.trim() === '' || text.length > 80
        ? l10n.t('A variant has a name of 1 to 80 characters.')
        : taken.includes(text.trim())
          ? l10n.t('The file has a variant of this name.')
          : undefined,
  });
  if (name === undefined) return;
  const editor = await vscode.window.showTextDocument(vscode.Uri.file(config));
  const { document } = editor;
  const changed = duplicateVariant(document.getText(), variant, name.trim());
  if (changed === undefined)
    throw new UserError('config-unreadable', l10n.t('The config is no JSON object with that variant.'), {
      place: { file: config },
    });
  const all = new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length));
  await editor.edit((edit) => {
    edit.replace(all, changed.text);
  });
  show(editor, changed.offset, changed.length);
}

/** Those to hold against each other: of a variant its runs, of a config the newest finished run of each variant. */
function runsToCompare(
  tree: AdapterTree,
  { config, variant }: VariantArgument,
  whole: boolean,
): RunSummary[] {
  if (!whole) return [...(tree.resultOf(config, variant)?.runs ?? [])].slice(0, 10);
  return tree
    .resultsOf(config)
    .flatMap(({ runs }) => runs.find(({ record }) => record.status === 'done') ?? []);
}

const isConfigRow = (argument: unknown): boolean =>
  typeof argument === 'object' && argument !== null && 'kind' in argument && argument.kind === 'config';

/** The PEFT folder that a row stands for: the adapter itself, its run's, or that of the variant's newest finished run. */
function adapterFolder(tree: AdapterTree, argument: unknown): string {
  if (typeof argument === 'object' && argument !== null && 'folder' in argument && 'kind' in argument) {
    const folder = String(argument.folder);
    return argument.kind === 'adapter' ? folder : join(folder, 'adapter');
  }
  const { config, variant } = requireVariant(argument);
  const runs = tree.resultOf(config, variant)?.runs ?? [];
  const done = runs.find(({ record }) => record.adapter !== undefined);
  if (done !== undefined) return join(done.folder, 'adapter');
  throw new UserError('no-adapter', l10n.t('No run of this variant has written an adapter yet.'));
}

function handlers(
  { companion, launcher, panels }: Workbench,
  store: AdapterStore,
  tree: AdapterTree,
): CommandHandlers<AdapterCommandId> {
  return {
    'adapterWorkbench.trainAllVariants': async (argument) => {
      const chosen = await chooseConfig(argument);
      if (chosen === undefined) return undefined;
      const run = await launcher.trainAll(chosen.config);
      if (run !== undefined) panels.show(run);
      return run?.folder;
    },
    'adapterWorkbench.duplicateVariant': async (argument) => {
      const chosen = requireVariant(argument);
      const taken = tree.resultsOf(chosen.config).map(({ variant }) => variant.name ?? baseVariant);
      await duplicate(chosen, taken);
    },
    'adapterWorkbench.compareResults': async (argument) => {
      const runs = runsToCompare(tree, requireVariant(argument), isConfigRow(argument));
      if (runs.length < 2)
        throw new UserError('few-runs', l10n.t('There are no two runs to compare yet.'), {
          hint: l10n.t('Train it first, or choose runs in the Runs view.'),
        });
      await vscode.commands.executeCommand(
        compareCommand,
        runs.map(({ folder }) => folder),
      );
    },
    'adapterWorkbench.copyAdapterPath': async (argument) => {
      await vscode.env.clipboard.writeText(adapterFolder(tree, argument));
    },
    'adapterWorkbench.revealAdapter': async (argument) => {
      const uri = isConfigRow(argument) ? requireVariant(argument).config : adapterFolder(tree, argument);
      await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(uri));
    },
    'adapterWorkbench.openVariant': (argument) => openVariant(requireVariant(argument)),
    'adapterWorkbench.newConfig': () => createConfig(companion),
    'adapterWorkbench.refreshAdapters': () => store.refresh(),
  };
}

export const registerAdapterCommands = (
  workbench: Workbench,
  store: AdapterStore,
  tree: AdapterTree,
): Disposable => registerCommands(handlers(workbench, store, tree), workbench.log);
