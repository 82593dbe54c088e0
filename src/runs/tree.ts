/** @file The Runs view: groups, and under each its runs. A row's card is made when someone looks at it. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { runsByAdapter, runsFiltered, runsViewId } from '../contributions/runs.ts';
import { Store } from '../common/disposable.ts';
import { treeItem } from '../common/treeRow.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { RunTreeModel } from './treeModel.ts';
import type { RunNode } from './treeModel.ts';
import type { Grouping, RunFilter } from './groups.ts';
import { filterMessage, isFiltering, noFilter } from './groups.ts';
import { isLive, runCard, runRow } from './rows.ts';
import type { RunRow } from './rows.ts';
import type { Runs } from './runs.ts';

const groupingKey = 'runsGrouping';

/** A run's row as VS Code draws it; also the rows of runs in other trees. */
export function runItem(row: RunRow): vscode.TreeItem {
  const item = treeItem(row, row.context);
  item.id = row.id;
  item.accessibilityInformation = { label: `${row.label}, ${row.context}, ${row.description}` };
  item.command = {
    command: 'adapterWorkbench.openRun',
    title: l10n.t('Open Run'),
    // a click looks; the keys go on in the list, as in the Explorer
    arguments: [{ kind: 'run', folder: row.id, preserveFocus: true }],
  };
  return item;
}

/** The card of a run. It holds text from files: no command in it may run, no HTML may show. */
export const cardOf = (run: RunSummary): vscode.MarkdownString => new vscode.MarkdownString(runCard(run));

export class RunTree implements vscode.TreeDataProvider<RunNode>, vscode.Disposable {
  readonly #store = new Store();
  readonly #runs: Runs;
  readonly #memory: vscode.Memento;
  readonly #model: RunTreeModel;
  readonly #changed = this.#store.add(new vscode.EventEmitter<RunNode | undefined>());
  readonly view: vscode.TreeView<RunNode>;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(runs: Runs, memory: vscode.Memento) {
    this.#runs = runs;
    this.#memory = memory;
    this.#model = new RunTreeModel(() => runs.all());
    this.#model.grouping = memory.get<Grouping>(groupingKey, 'day');
    this.view = this.#store.add(
      vscode.window.createTreeView(runsViewId, {
        treeDataProvider: this,
        showCollapseAll: false,
        canSelectMany: true,
      }),
    );
    this.#store.add(
      runs.onDidChange(({ updated, reordered }) => {
        // under a filter a run that changed may come or go
        if (reordered || isFiltering(this.#model.filter)) this.#refresh();
        else for (const run of updated) this.#changed.fire(this.#model.node(run.folder));
        this.#badge();
      }),
    );
    this.#tellContext();
  }

  get filter(): RunFilter {
    return this.#model.filter;
  }

  setFilter(filter: RunFilter): void {
    this.#model.filter = filter;
    this.#tellContext();
    this.#refresh();
  }

  async setGrouping(grouping: Grouping): Promise<void> {
    this.#model.grouping = grouping;
    this.#tellContext();
    this.#refresh();
    await this.#memory.update(groupingKey, grouping);
  }

  showMore(group: string): void {
    this.#model.showMore(group);
    this.#refresh();
  }

  #refresh(): void {
    this.#model.forget();
    this.#changed.fire(undefined);
  }

  #tellContext(): void {
    const { grouping, filter } = this.#model;
    const set = (key: string, value: boolean) => vscode.commands.executeCommand('setContext', key, value);
    void set(runsFiltered, isFiltering(filter));
    void set(runsByAdapter, grouping === 'adapter');
  }

  /** The number of runs that go on, at the icon of the activity bar. */
  #badge(): void {
    const live = this.#runs.all().filter((run) => isLive(run.record.status)).length;
    this.view.badge =
      live === 0
        ? undefined
        : { value: live, tooltip: live === 1 ? l10n.t('1 run goes on') : l10n.t('{0} runs go on', live) };
  }

  getTreeItem(node: RunNode): vscode.TreeItem {
    if (node.kind === 'run') {
      const run = this.#runs.get(node.folder);
      return run === undefined ? new vscode.TreeItem(node.folder) : runItem(runRow(run));
    }
    if (node.kind === 'more') {
      const item = new vscode.TreeItem(l10n.t('Show more ({0} hidden)', node.hidden));
      item.id = `more ${node.group}`;
      item.iconPath = new vscode.ThemeIcon('ellipsis');
      item.command = {
        command: 'adapterWorkbench.showMoreRuns',
        title: l10n.t('Show More'),
        arguments: [node],
      };
      return item;
    }
    const { id, label, folders } = node.group;
    const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(label, this.#model.startsOpen(id) ? Expanded : Collapsed);
    item.id = id;
    item.description = String(folders.length);
    item.contextValue = 'group';
    item.accessibilityInformation = { label: l10n.t('{0}, {1} runs', label, folders.length) };
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, node: RunNode): vscode.TreeItem {
    const run = node.kind === 'run' ? this.#runs.get(node.folder) : undefined;
    if (run !== undefined) item.tooltip = cardOf(run);
    return item;
  }

  getChildren(node?: RunNode): RunNode[] {
    if (node === undefined) {
      const { filter } = this.#model;
      const groups = this.#model.groups();
      const shown = groups.reduce((sum, { group }) => sum + group.folders.length, 0);
      // VS Code's types lack undefined, which takes the line away
      (this.view as { message: string | undefined }).message = filterMessage(
        filter,
        shown,
        this.#runs.all().length,
      );
      return [...groups];
    }
    return [...this.#model.children(node)];
  }

  getParent(node: RunNode): RunNode | undefined {
    return this.#model.parent(node);
  }

  /** Shows the run's row, also where a filter hid it. */
  async reveal(folder: string): Promise<void> {
    const node = this.#model.node(folder);
    if (this.#model.parent(node) === undefined) this.setFilter(noFilter);
    if (this.#model.parent(node) !== undefined) await this.view.reveal(node, { select: true, focus: false });
  }

  dispose(): void {
    this.#store.dispose();
  }
}
