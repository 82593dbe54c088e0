/** @file The window's one watcher: of configs, and of the files that these may name. A watcher costs each activation and each event. */
import * as vscode from 'vscode';
import { configGlob } from '../contributions/ids.ts';
import { Store } from './disposable.ts';

/** Data, bases and templates; configs are JSON too. */
const watchedGlob = '**/*.{jsonl,ndjson,json,csv,tsv,parquet,gguf,safetensors,jinja}';

export const isConfigFile = ({ path }: vscode.Uri): boolean => path.endsWith('.adapter.json');

export class FolderFiles implements vscode.Disposable {
  readonly #store = new Store();
  readonly #touched = this.#store.add(new vscode.EventEmitter<vscode.Uri>());
  readonly #configsChanged = this.#store.add(new vscode.EventEmitter<void>());

  /** A watched file came, changed or went. */
  readonly onDidTouch = this.#touched.event;
  /** A config came, changed or went, alone or with its folder of the workspace. */
  readonly onDidChangeConfigs = this.#configsChanged.event;

  constructor() {
    const { workspace } = vscode;
    const watcher = this.#store.add(workspace.createFileSystemWatcher(watchedGlob));
    const touched = (uri: vscode.Uri): void => {
      this.#touched.fire(uri);
      if (isConfigFile(uri)) this.#configsChanged.fire();
    };
    for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete])
      this.#store.add(event(touched));
    this.#store.add(
      workspace.onDidChangeWorkspaceFolders(() => {
        this.#configsChanged.fire();
      }),
    );
  }

  /** Watchers miss files that come together with their folder: who sees a sign of a config that was missed says so. */
  configMissed(): void {
    this.#configsChanged.fire();
  }

  /** Configs on this machine's disks, sorted: names from the workspace's index, nothing is read. */
  async findConfigs(): Promise<string[]> {
    const found = await vscode.workspace.findFiles(configGlob, '**/node_modules/**');
    return found
      .filter(({ scheme }) => scheme === 'file')
      .map(({ fsPath }) => fsPath)
      .sort();
  }

  dispose(): void {
    this.#store.dispose();
  }
}
