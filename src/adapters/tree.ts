/** @file The Adapters view: configs, their variants, the runs of these and the adapters that they wrote. */
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { adaptersViewId } from '../contributions/adapters.ts';
import { Store } from '../common/disposable.ts';
import { markdownText, oneLine } from '../common/plainText.ts';
import { treeItem } from '../common/treeRow.ts';
import type { AdapterConfig } from '../../runtime/contract/api/adapters.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { runRow } from '../runs/rows.ts';
import { cardOf, runItem } from '../runs/tree.ts';
import type { Runs } from '../runs/runs.ts';
import { resultsOf, runsByConfig } from './results.ts';
import type { VariantResult } from './results.ts';
import { adapterRow, configRow, fileName, variantRow } from './rows.ts';
import type { Row } from './rows.ts';
import type { AdapterStore } from './store.ts';

/** What a row stands for; commands receive it as their argument. */
export type AdapterNode =
  | { readonly kind: 'trust' }
  | { readonly kind: 'config'; readonly config: string }
  | { readonly kind: 'variant'; readonly config: string; readonly variant?: string }
  | { readonly kind: 'run'; readonly folder: string; readonly parent: AdapterNode }
  | { readonly kind: 'adapter'; readonly folder: string; readonly parent: AdapterNode };

/** Runs listed under a variant; all are in the Runs view. */
const runsShown = 50;

const { None, Collapsed } = vscode.TreeItemCollapsibleState;

function rowItem(id: string, row: Row, state: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  const item = treeItem(row, row.context, state);
  item.id = id;
  return item;
}

export class AdapterTree implements vscode.TreeDataProvider<AdapterNode>, vscode.Disposable {
  readonly #disposables = new Store();
  readonly #store: AdapterStore;
  readonly #runs: Runs;
  readonly #changed = this.#disposables.add(new vscode.EventEmitter<AdapterNode | undefined>());
  /** One object per config: VS Code updates a row by identity. */
  readonly #nodes = new Map<string, AdapterNode & { kind: 'config' }>();
  #runsOf: ReadonlyMap<string, readonly RunSummary[]> | undefined;
  readonly view: vscode.TreeView<AdapterNode>;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(store: AdapterStore, runs: Runs) {
    this.#store = store;
    this.#runs = runs;
    this.view = this.#disposables.add(
      vscode.window.createTreeView(adaptersViewId, { treeDataProvider: this, showCollapseAll: true }),
    );
    this.#disposables.add(
      store.onDidChange(() => {
        this.#runsOf = undefined;
        this.#changed.fire(undefined);
      }),
    );
    this.#disposables.add(
      runs.onDidChange(({ updated, reordered }) => {
        this.#runsOf = undefined;
        if (reordered) this.#changed.fire(undefined);
        else
          for (const config of new Set(updated.map(({ record }) => record.config)))
            if (this.#nodes.has(config)) this.#changed.fire(this.#node(config));
      }),
    );
  }

  #node(config: string): AdapterNode & { kind: 'config' } {
    const node = this.#nodes.get(config) ?? { kind: 'config', config };
    this.#nodes.set(config, node);
    return node;
  }

  #results(file: string): readonly VariantResult[] {
    const config: AdapterConfig = this.#store.config(file) ?? { file, variants: [{}], errors: 0 };
    this.#runsOf ??= runsByConfig(this.#runs.all());
    return resultsOf(config, this.#runsOf.get(file) ?? [], this.#store.lineage);
  }

  /** Of one variant, the newest run first. */
  resultOf(file: string, variant: string | undefined): VariantResult | undefined {
    return this.#results(file).find((result) => result.variant.name === variant);
  }

  resultsOf(file: string): readonly VariantResult[] {
    return this.#results(file);
  }

  getTreeItem(node: AdapterNode): vscode.TreeItem {
    switch (node.kind) {
      case 'trust':
        return trustItem();
      case 'config':
        return this.#configItem(node.config);
      case 'variant':
        return this.#variantItem(node);
      case 'run': {
        const run = this.#runs.get(node.folder);
        if (run === undefined) return new vscode.TreeItem(oneLine(fileName(node.folder)));
        const item = runItem(runRow(run));
        item.collapsibleState = run.record.adapter === undefined ? None : Collapsed;
        return item;
      }
      case 'adapter':
        return rowItem(`adapter ${node.folder}`, adapterRow(node.folder), None);
    }
  }

  /** In a folder without trust the file's name is all there is. */
  #configItem(file: string): vscode.TreeItem {
    const config = this.#store.config(file);
    const label = oneLine(fileName(file));
    const open: vscode.Command = {
      command: 'vscode.open',
      title: l10n.t('Open Config'),
      arguments: [vscode.Uri.file(file)],
    };
    if (config === undefined) {
      const item = new vscode.TreeItem(label);
      item.id = file;
      item.iconPath = new vscode.ThemeIcon('settings');
      item.command = open;
      return item;
    }
    return rowItem(file, configRow(config, this.#results(file)), Collapsed);
  }

  #variantItem({ config, variant }: AdapterNode & { kind: 'variant' }): vscode.TreeItem {
    const result = this.resultOf(config, variant) ?? { variant: {}, runs: [], stale: [] };
    const item = rowItem(
      `${config}\n${variant ?? ''}`,
      variantRow(result),
      result.runs.length === 0 ? None : Collapsed,
    );
    item.command = {
      command: 'adapterWorkbench.openVariant',
      title: l10n.t('Open Config'),
      arguments: [{ kind: 'variant', config, ...(variant === undefined ? {} : { variant }) }],
    };
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, node: AdapterNode): vscode.TreeItem {
    const tooltip = this.#tooltip(node);
    if (tooltip !== undefined) item.tooltip = tooltip;
    return item;
  }

  #tooltip(node: AdapterNode): vscode.MarkdownString | undefined {
    if (node.kind === 'run') {
      const run = this.#runs.get(node.folder);
      return run && cardOf(run);
    }
    if (node.kind === 'config') {
      const config = this.#store.config(node.config);
      const text = config === undefined ? markdownText(node.config) : configRow(config, []).tooltip;
      return new vscode.MarkdownString(text);
    }
    if (node.kind === 'variant') {
      const result = this.resultOf(node.config, node.variant);
      return result && new vscode.MarkdownString(variantRow(result).tooltip);
    }
    return node.kind === 'adapter' ? new vscode.MarkdownString(adapterRow(node.folder).tooltip) : undefined;
  }

  getChildren(node?: AdapterNode): AdapterNode[] {
    if (node === undefined) {
      const configs = this.#store.names.map((file): AdapterNode => this.#node(file));
      return vscode.workspace.isTrusted || configs.length === 0 ? configs : [{ kind: 'trust' }, ...configs];
    }
    if (node.kind === 'config')
      return this.#results(node.config).map(({ variant: { name } }) => ({
        kind: 'variant',
        config: node.config,
        ...(name === undefined ? {} : { variant: name }),
      }));
    if (node.kind === 'variant')
      return (this.resultOf(node.config, node.variant)?.runs ?? [])
        .slice(0, runsShown)
        .map(({ folder }) => ({ kind: 'run', folder, parent: node }));
    if (node.kind === 'run' && this.#runs.get(node.folder)?.record.adapter !== undefined)
      return [{ kind: 'adapter', folder: join(node.folder, 'adapter'), parent: node }];
    return [];
  }

  getParent(node: AdapterNode): AdapterNode | undefined {
    if (node.kind === 'variant') return this.#node(node.config);
    return node.kind === 'run' || node.kind === 'adapter' ? node.parent : undefined;
  }

  dispose(): void {
    this.#disposables.dispose();
  }
}

function trustItem(): vscode.TreeItem {
  const item = new vscode.TreeItem(l10n.t('Trust this folder to read and train these configs'));
  item.id = 'trust';
  item.iconPath = new vscode.ThemeIcon('workspace-untrusted');
  item.command = { command: 'workbench.trust.manage', title: l10n.t('Manage Workspace Trust') };
  return item;
}
