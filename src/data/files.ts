/** @file The data files of this window: those that configs name, and those that look like a dataset. */
import { statSync } from 'node:fs';
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { Companion } from '../runtime/companion.ts';
import { dataGlob, DatasetLooks, mayBeDataset } from './datasetLooks.ts';
import type { DataFileEntry } from './datasetLooks.ts';
import type { DataUses } from './uses.ts';

const ignored = '**/{node_modules,.git,.cache,.venv,venv,__pycache__,dist,out}/**';
const mostFiles = 5000;
/** Changes of several files in a row are one. */
const gatherFor = 300;

export class DataFileList implements vscode.Disposable {
  readonly #store = new Store();
  readonly #companion: Companion;
  readonly #uses: DataUses;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = this.#store.add(new vscode.EventEmitter<void>());
  readonly #touched = this.#store.add(new vscode.EventEmitter<string>());
  readonly #looks = new DatasetLooks(
    async (files) => (await this.#companion.call('data/recognise', { files })).formats,
  );
  #entries: readonly DataFileEntry[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Files came or went. */
  readonly onDidChange = this.#changed.event;
  /** The content of a file of the list changed. */
  readonly onDidTouch = this.#touched.event;

  constructor(companion: Companion, uses: DataUses, log: vscode.LogOutputChannel) {
    this.#companion = companion;
    this.#uses = uses;
    this.#log = log;
    const watcher = this.#store.add(vscode.workspace.createFileSystemWatcher(dataGlob));
    const touched = ({ fsPath }: vscode.Uri): void => {
      if (!mayBeDataset(fsPath)) return;
      this.#looks.forget(fsPath);
      if (this.#entries.some(({ path }) => path === fsPath)) this.#touched.fire(fsPath);
      this.#schedule();
    };
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete])
      this.#store.add(event(touched));
    this.#store.add(
      uses.onDidChange(() => {
        this.#schedule();
      }),
    );
    this.#store.add({
      dispose: () => {
        clearTimeout(this.#timer);
      },
    });
  }

  get entries(): readonly DataFileEntry[] {
    return this.#entries;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), gatherFor);
  }

  /** Looks for files anew; only those that are new or changed are looked into. */
  async refresh(): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    try {
      await this.#uses.load();
      const found = (await vscode.workspace.findFiles(dataGlob, ignored, mostFiles))
        .filter(({ scheme, fsPath }) => scheme === 'file' && mayBeDataset(fsPath))
        .map(({ fsPath }) => fsPath);
      const used = new Set(
        this.#uses.files().filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile()),
      );
      const others = await this.#looks.among(found.filter((path) => !used.has(path)));
      this.#entries = [
        ...[...used].sort().map((path) => ({ path, used: true })),
        ...others.map((path) => ({ path, used: false })),
      ];
      this.#changed.fire();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#log.warn(error.message);
    }
  }

  dispose(): void {
    this.#store.dispose();
  }
}
