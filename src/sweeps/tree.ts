/** @file The Sweeps view: each sweep with its queue; there only where there is a sweep. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import { treeItem } from '../common/treeRow.ts';
import type { RunCommandId } from '../contributions/runs.ts';
import { sweepsViewId } from '../contributions/sweeps.ts';
import type { Runs } from '../runs/runs.ts';
import { sweepRow, sweepRunRow, sweepState } from './rows.ts';
import type { SweepRow } from './rows.ts';
import type { Sweeps } from './sweeps.ts';

/** What a row stands for; commands receive it as their argument. */
export type SweepNode =
  | { readonly kind: 'sweep'; readonly sweep: string }
  | { readonly kind: 'sweepRun'; readonly sweep: string; readonly index: number };

const itemOf = (row: SweepRow): vscode.TreeItem => treeItem(row, row.context);

export class SweepTree implements vscode.TreeDataProvider<SweepNode>, vscode.Disposable {
  readonly #store = new Store();
  readonly #sweeps: Sweeps;
  readonly #runs: Runs;
  readonly #changed = this.#store.add(new vscode.EventEmitter<undefined>());
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(sweeps: Sweeps, runs: Runs) {
    this.#sweeps = sweeps;
    this.#runs = runs;
    this.#store.add(vscode.window.createTreeView(sweepsViewId, { treeDataProvider: this }));
    this.#store.add(
      sweeps.onDidChange(() => {
        this.#changed.fire(undefined);
      }),
    );
  }

  getChildren(node?: SweepNode): SweepNode[] {
    if (node === undefined) return this.#sweeps.all().map(({ folder }) => ({ kind: 'sweep', sweep: folder }));
    if (node.kind === 'sweepRun') return [];
    const { sweep } = node;
    const runs = this.#sweeps.get(sweep)?.sweep.runs ?? [];
    return runs.map((_, index) => ({ kind: 'sweepRun', sweep, index }));
  }

  getTreeItem(node: SweepNode): vscode.TreeItem {
    const summary = this.#sweeps.get(node.sweep);
    if (summary === undefined) return new vscode.TreeItem(node.sweep);
    if (node.kind === 'sweep') {
      const item = itemOf(sweepRow(summary));
      item.id = node.sweep;
      item.collapsibleState =
        sweepState(summary) === 'running'
          ? vscode.TreeItemCollapsibleState.Expanded
          : vscode.TreeItemCollapsibleState.Collapsed;
      return item;
    }
    const run = summary.sweep.runs[node.index];
    if (run === undefined) return new vscode.TreeItem('');
    const { folder } = run;
    const item = itemOf(
      sweepRunRow(run, folder === undefined ? undefined : this.#runs.get(folder)?.record.loss),
    );
    item.id = `${node.sweep} ${node.index}`;
    if (folder !== undefined)
      item.command = {
        command: 'adapterWorkbench.openRun' satisfies RunCommandId,
        title: l10n.t('Open Run'),
        arguments: [{ kind: 'run', folder }],
      };
    return item;
  }

  dispose(): void {
    this.#store.dispose();
  }
}
