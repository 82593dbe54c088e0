/** @file The Datasets view: data files with what is known of them, which arrives one after the other. */
import { statSync } from 'node:fs';
import * as vscode from 'vscode';
import { datasetsViewId } from '../contributions/data.ts';
import type { DataCommandId } from '../contributions/data.ts';
import { Store } from '../common/disposable.ts';
import { treeItem } from '../common/treeRow.ts';
import { countedByThemselves } from './datasetLooks.ts';
import type { DataFileList } from './files.ts';
import { datasetRow } from './rows.ts';
import type { Surveys } from './surveys.ts';
import type { DataUses } from './uses.ts';

export interface DatasetNode {
  readonly kind: 'dataset';
  readonly path: string;
}

export const isDatasetNode = (value: unknown): value is DatasetNode =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'dataset';

export class DatasetTree
  implements
    vscode.TreeDataProvider<DatasetNode>,
    vscode.TreeDragAndDropController<DatasetNode>,
    vscode.Disposable
{
  readonly #store = new Store();
  readonly #files: DataFileList;
  readonly #uses: DataUses;
  readonly #surveys: Surveys;
  readonly #changed = this.#store.add(new vscode.EventEmitter<DatasetNode | undefined>());
  /** One object per file: VS Code updates a row by identity. */
  readonly #nodes = new Map<string, DatasetNode>();
  #asking: Promise<void> = Promise.resolve();
  /** Ends when a new list replaces the one that is being counted, or nobody looks. */
  #counting = new AbortController();
  readonly view: vscode.TreeView<DatasetNode>;
  readonly onDidChangeTreeData = this.#changed.event;
  readonly dragMimeTypes = ['text/uri-list'];
  readonly dropMimeTypes: readonly string[] = [];

  constructor(files: DataFileList, uses: DataUses, surveys: Surveys) {
    this.#files = files;
    this.#uses = uses;
    this.#surveys = surveys;
    this.view = this.#store.add(
      vscode.window.createTreeView(datasetsViewId, { treeDataProvider: this, dragAndDropController: this }),
    );
    const listen = [
      files.onDidChange(() => {
        this.#changed.fire(undefined);
        this.#countAll();
      }),
      files.onDidTouch((path) => {
        surveys.forget(path);
        void surveys.ask(path);
      }),
      surveys.onDidChange((path) => {
        const node = this.#nodes.get(path);
        if (node !== undefined) this.#changed.fire(node);
      }),
      this.view.onDidChangeVisibility(() => {
        this.#countAll();
      }),
    ];
    for (const one of listen) this.#store.add(one);
  }

  /** One file after the other, as long as someone looks: a hidden view ends what is being counted. */
  #countAll(): void {
    this.#counting.abort();
    if (!this.view.visible) return;
    this.#counting = new AbortController();
    const { signal } = this.#counting;
    const wanted = countedByThemselves(
      this.#files.entries,
      (path) => statSync(path, { throwIfNoEntry: false })?.size,
    );
    this.#asking = this.#asking.then(async () => {
      for (const path of wanted) {
        if (signal.aborted) return;
        await this.#surveys.ask(path, { signal });
      }
    });
  }

  #node(path: string): DatasetNode {
    const node = this.#nodes.get(path) ?? { kind: 'dataset', path };
    this.#nodes.set(path, node);
    return node;
  }

  getTreeItem({ path }: DatasetNode): vscode.TreeItem {
    const uri = vscode.Uri.file(path);
    const row = datasetRow({
      label: vscode.workspace.asRelativePath(uri),
      survey: this.#surveys.get(path),
      failure: this.#surveys.failure(path),
      uses: this.#uses.of(path),
    });
    const item = treeItem(row, 'dataset');
    item.id = path;
    item.command = {
      command: 'adapterWorkbench.openDatasetFile' satisfies DataCommandId,
      title: 'Open File',
      arguments: [this.#node(path)],
    };
    return item;
  }

  /** Cards are made when someone points at a row; a file that was not counted yet is counted then. */
  async resolveTreeItem(item: vscode.TreeItem, { path }: DatasetNode): Promise<vscode.TreeItem> {
    if (this.#surveys.get(path) === undefined) await this.#surveys.ask(path);
    const row = datasetRow({
      label: vscode.workspace.asRelativePath(path),
      survey: this.#surveys.get(path),
      failure: this.#surveys.failure(path),
      uses: this.#uses.of(path),
    });
    item.tooltip = new vscode.MarkdownString(row.tooltip);
    return item;
  }

  getChildren(node?: DatasetNode): DatasetNode[] {
    return node === undefined ? this.#files.entries.map(({ path }) => this.#node(path)) : [];
  }

  /** Dropped into a config, VS Code writes the path as it inserts files. */
  handleDrag(nodes: readonly DatasetNode[], transfer: vscode.DataTransfer): void {
    const uris = nodes.map(({ path }) => vscode.Uri.file(path).toString());
    transfer.set('text/uri-list', new vscode.DataTransferItem(uris.join('\r\n')));
  }

  dispose(): void {
    this.#counting.abort();
    this.#store.dispose();
  }
}
