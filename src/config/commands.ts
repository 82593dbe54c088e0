/** @file What the palette, lenses and menus do with a config: its estimate, its variants, and the import of another tool's. */
import { basename, dirname, join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { registerCommands } from '../common/commands.ts';
import type { CommandHandlers } from '../common/commands.ts';
import { Store } from '../common/disposable.ts';
import type { Disposable } from '../common/disposable.ts';
import type { CompareCommandId } from '../contributions/compare.ts';
import type { ConfigCommandId } from '../contributions/config.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { Fix } from '../../runtime/contract/diagnostic.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { Workbench } from '../workbench.ts';
import { isConfig, pathOf } from './checks.ts';
import type { ConfigChecks } from './checks.ts';
import { showMethodPage } from './methodPages.ts';
import { importReport } from './importReport.ts';
import { ImportReports } from './importReports.ts';
import { editOf, rangeIn } from './places.ts';
import { costFacts, variantFacts } from './words.ts';

/** The config that a lens or menu names, else the one in the active editor. */
async function chosenConfig(argument: unknown): Promise<vscode.TextDocument> {
  const active = vscode.window.activeTextEditor?.document;
  const document =
    argument instanceof vscode.Uri ? await vscode.workspace.openTextDocument(argument) : active;
  if (document !== undefined && isConfig(document)) return document;
  throw new UserError('no-config', l10n.t('No config is open.'), {
    hint: l10n.t('Open a file that ends in .adapter.json, or use Quick Start.'),
  });
}

/** Folders of the newest finished run of each variant of a config. */
function newestResults({ runs }: Workbench, path: string): readonly string[] {
  const newest = new Map<string | undefined, RunSummary>();
  for (const run of runs.all()) {
    const { config, status, variant, created } = run.record;
    const known = newest.get(variant)?.record.created;
    if (config === path && status === 'done' && (known === undefined || known < created))
      newest.set(variant, run);
  }
  return [...newest.values()].map(({ folder }) => folder);
}

interface FixItem extends vscode.QuickPickItem {
  readonly fix?: Fix;
}

/** The methods by title, each with what choosing it writes; the config's own is marked. */
async function methodItems(
  { companion }: Workbench,
  document: vscode.TextDocument,
  what: 'change' | 'variant',
): Promise<FixItem[]> {
  const question = { path: pathOf(document), text: document.getText() };
  const choices = await companion.call('config/methods', question);
  const items = choices.flatMap(({ title, doc, isCurrent, ...fixes }): FixItem[] => {
    const fix = fixes[what];
    const label = isCurrent ? l10n.t('{0} (now)', title) : title;
    return fix === undefined ? [] : [{ label, description: doc, fix }];
  });
  const separator = { label: l10n.t('Method'), kind: vscode.QuickPickItemKind.Separator };
  return what === 'variant' && items.length > 0 ? [separator, ...items] : items;
}

async function applyChosen(document: vscode.TextDocument, picked: FixItem | undefined): Promise<void> {
  if (picked?.fix === undefined) return;
  await vscode.workspace.applyEdit(editOf(document, picked.fix.edits));
  await vscode.window.showTextDocument(document);
}

/** With another rank, or another method. */
async function addVariant(
  workbench: Workbench,
  checks: ConfigChecks,
  document: vscode.TextDocument,
): Promise<void> {
  const { addVariant: fix } = await checks.check(document);
  if (fix === undefined)
    throw new UserError('no-config', l10n.t('A variant can be added once the text is an object.'));
  const others = await methodItems(workbench, document, 'variant');
  const picked = await vscode.window.showQuickPick([{ label: l10n.t('Another rank'), fix }, ...others], {
    title: l10n.t('What the new variant changes'),
    matchOnDescription: true,
  });
  await applyChosen(document, picked);
}

async function changeMethod(workbench: Workbench, document: vscode.TextDocument): Promise<void> {
  const items = await methodItems(workbench, document, 'change');
  if (items.length === 0)
    throw new UserError('no-config', l10n.t('The method can be changed once the text is an object.'));
  const picked = await vscode.window.showQuickPick(items, {
    title: l10n.t('Method of {0}', basename(document.uri.path)),
    placeHolder: l10n.t('Keys that the chosen method does not have are taken out'),
    matchOnDescription: true,
  });
  await applyChosen(document, picked);
}

const largestImport = 1 << 20;

async function foreignFile(argument: unknown): Promise<vscode.Uri | undefined> {
  if (argument instanceof vscode.Uri) return argument;
  const [picked] =
    (await vscode.window.showOpenDialog({
      canSelectMany: false,
      openLabel: l10n.t('Import'),
      title: l10n.t('Config of axolotl, LLaMA-Factory, TRL, PEFT or Unsloth Studio'),
      filters: { [l10n.t('Configs')]: ['yaml', 'yml', 'json'] },
    })) ?? [];
  return picked;
}

/** A name beside the original that isn't taken. */
async function freeFile(source: string): Promise<vscode.Uri> {
  const stem = basename(source).replace(/[.](ya?ml|json)$/i, '');
  for (let i = 1; ; i++) {
    const uri = vscode.Uri.file(join(dirname(source), `${stem}${i === 1 ? '' : `-${i}`}.adapter.json`));
    try {
      await vscode.workspace.fs.stat(uri);
    } catch {
      return uri;
    }
  }
}

/** The report beside the config, as VS Code's own preview shows Markdown. */
async function showReport(report: vscode.Uri): Promise<void> {
  await vscode.commands.executeCommand('markdown.showPreviewToSide', report);
}

async function importFrom(
  { companion }: Workbench,
  reports: ImportReports,
  source: vscode.Uri,
): Promise<string> {
  const { size } = await vscode.workspace.fs.stat(source);
  if (size > largestImport)
    throw new UserError('import-unreadable', l10n.t('The file is too large to be a config.'));
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(source));
  const result = await companion.call('config/import', { path: source.fsPath, text });
  const target = await freeFile(source.fsPath);
  // unsaved: nothing is written before the person has seen it
  const document = await vscode.workspace.openTextDocument(target.with({ scheme: 'untitled' }));
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, new vscode.Position(0, 0), result.text);
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(document, { preview: false });
  await showReport(reports.add(basename(source.fsPath), importReport(basename(source.fsPath), result)));
  return target.fsPath;
}

function handlers(
  workbench: Workbench,
  checks: ConfigChecks,
  reports: ImportReports,
): CommandHandlers<ConfigCommandId> {
  return {
    'adapterWorkbench.estimateConfig': async (argument) => {
      const document = await chosenConfig(argument);
      const { views, machineBytes } = await checks.check(document);
      const [file] = views;
      const facts = file === undefined ? [] : costFacts(file, machineBytes);
      if (facts.length === 0)
        throw new UserError(
          'no-estimate',
          l10n.t('What this config costs can be told once its errors are mended.'),
        );
      await vscode.window.showQuickPick(facts, {
        title: l10n.t('What {0} costs', basename(document.uri.path)),
        placeHolder: l10n.t('From the headers of the base and the rows read so far'),
      });
    },
    'adapterWorkbench.compareVariants': async (argument) => {
      const document = await chosenConfig(argument);
      const { views, machineBytes } = await checks.check(document);
      const results = newestResults(workbench, document.uri.fsPath);
      const compared = {
        label: l10n.t('$(graph-line) Compare what was trained'),
        description: l10n.t('the newest run of {0} variants', results.length),
        view: undefined,
      };
      const items = [
        ...(results.length < 2 ? [] : [compared]),
        ...views.map((view) => ({ ...variantFacts(view, machineBytes), view })),
      ];
      const picked = await vscode.window.showQuickPick(items, {
        title: l10n.t('Variants of {0}', basename(document.uri.path)),
        placeHolder: l10n.t('Choose one to go to its line'),
      });
      if (picked === undefined) return;
      if (picked.view === undefined) {
        await vscode.commands.executeCommand(
          'adapterWorkbench.compareRuns' satisfies CompareCommandId,
          results,
        );
        return;
      }
      const selection = rangeIn(document, picked.view.anchor);
      await vscode.window.showTextDocument(document, { selection });
    },
    'adapterWorkbench.addVariant': async (argument) => {
      await addVariant(workbench, checks, await chosenConfig(argument));
    },
    'adapterWorkbench.changeMethod': async (argument) => {
      await changeMethod(workbench, await chosenConfig(argument));
    },
    'adapterWorkbench.showMethod': async (argument) => {
      await showMethodPage(workbench.context.extensionUri, argument);
    },
    'adapterWorkbench.importConfig': async (argument) => {
      const source = await foreignFile(argument);
      return source === undefined ? undefined : await importFrom(workbench, reports, source);
    },
  };
}

export function registerConfigCommands(workbench: Workbench, checks: ConfigChecks): Disposable {
  const store = new Store();
  const reports = store.add(new ImportReports());
  store.add(registerCommands(handlers(workbench, checks, reports), workbench.log));
  return store;
}
