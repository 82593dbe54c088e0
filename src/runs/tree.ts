/** @file The Runs view: days, and under each its runs. */
import * as vscode from 'vscode';
import { runsViewId } from '../contributions/runs.ts';
import { Store } from '../common/disposable.ts';
import { groupRuns, isLive, runRow } from './rows.ts';
import type { RunGroup, RunRow } from './rows.ts';
import type { Runs } from './runs.ts';

/** What a row stands for; commands receive it as their argument. */
export type RunNode =
  { readonly kind: 'day'; readonly group: RunGroup } | { readonly kind: 'run'; readonly folder: string };

function rowItem(row: RunRow): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label);
  item.id = row.id;
  item.description = row.description;
  item.tooltip = new vscode.MarkdownString(row.tooltip);
  item.iconPath = new vscode.ThemeIcon(
    row.icon.id,
    row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color),
  );
  item.contextValue = row.context;
  item.accessibilityInformation = { label: `${row.label}, ${row.context}, ${row.description}` };
  item.command = {
    command: 'adapterWorkbench.openRun',
    title: 'Open Run',
    arguments: [{ kind: 'run', folder: row.id } satisfies RunNode],
  };
  return item;
}

export class RunTree implements vscode.TreeDataProvider<RunNode>, vscode.Disposable {
  readonly #store = new Store();
  readonly #runs: Runs;
  readonly #changed = this.#store.add(new vscode.EventEmitter<RunNode | undefined>());
  /** One object per run: VS Code updates a row by identity. */
  readonly #nodes = new Map<string, RunNode & { kind: 'run' }>();
  readonly view: vscode.TreeView<RunNode>;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(runs: Runs) {
    this.#runs = runs;
    this.view = this.#store.add(
      vscode.window.createTreeView(runsViewId, { treeDataProvider: this, showCollapseAll: false }),
    );
    this.#store.add(
      runs.onDidChange(({ updated, reordered }) => {
        if (reordered) this.#changed.fire(undefined);
        else for (const run of updated) this.#changed.fire(this.#node(run.folder));
        this.#badge();
      }),
    );
  }

  #node(folder: string): RunNode {
    const node = this.#nodes.get(folder) ?? { kind: 'run', folder };
    this.#nodes.set(folder, node);
    return node;
  }

  /** The number of runs that go on, at the icon of the activity bar. */
  #badge(): void {
    const live = this.#runs.all().filter((run) => isLive(run.record.status)).length;
    this.view.badge =
      live === 0 ? undefined : { value: live, tooltip: live === 1 ? '1 run goes on' : `${live} runs go on` };
  }

  getTreeItem(node: RunNode): vscode.TreeItem {
    if (node.kind === 'run') {
      const run = this.#runs.get(node.folder);
      return run === undefined ? new vscode.TreeItem(node.folder) : rowItem(runRow(run));
    }
    const { label, folders } = node.group;
    const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
    item.id = `day ${label}`;
    item.description = String(folders.length);
    return item;
  }

  getChildren(node?: RunNode): RunNode[] {
    if (node?.kind === 'day') return node.group.folders.map((folder) => this.#node(folder));
    if (node !== undefined) return [];
    return groupRuns(this.#runs.all(), new Date()).map((group) => ({ kind: 'day', group }));
  }

  getParent(node: RunNode): RunNode | undefined {
    if (node.kind === 'day') return undefined;
    const groups = groupRuns(this.#runs.all(), new Date());
    const group = groups.find(({ folders }) => folders.includes(node.folder));
    return group && { kind: 'day', group };
  }

  async reveal(folder: string): Promise<void> {
    await this.view.reveal(this.#node(folder), { select: true, focus: false });
  }

  dispose(): void {
    this.#store.dispose();
  }
}
