/** @file The data files of this window: those that configs name, and those that look like a dataset. */
import { statSync } from 'node:fs';
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { Companion } from '../runtime/companion.ts';
import type { Workbench } from '../workbench.ts';
import { DatasetLooks, ignoredGlob, mayBeDataset, sameEntries, searchGlobs } from './datasetLooks.ts';
import type { DataFileEntry } from './datasetLooks.ts';
import type { DataUses } from './uses.ts';

/** Of each search. */
const mostFiles = 5000;
/** Changes of several files in a row are one. */
const gatherFor = 300;

const mayShow = (uri: vscode.Uri): boolean => mayBeDataset(vscode.workspace.asRelativePath(uri, false));

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
  /** What rows say of their uses may be out of date. */
  #usesChanged = false;
  #timer: NodeJS.Timeout | undefined;

  /** Files came or went, or other configs use them. */
  readonly onDidChange = this.#changed.event;
  /** The content of a file of the list changed. */
  readonly onDidTouch = this.#touched.event;

  constructor({ companion, files: folder, log }: Workbench, uses: DataUses) {
    this.#companion = companion;
    this.#uses = uses;
    this.#log = log;
    const touched = (uri: vscode.Uri): void => {
      const { fsPath } = uri;
      // a config may use any file
      const isListed = this.#entries.some(({ path }) => path === fsPath);
      if (!isListed && !mayShow(uri)) return;
      this.#looks.forget(fsPath);
      if (isListed) this.#touched.fire(fsPath);
      this.#schedule();
    };
    this.#store.add(folder.onDidTouch(touched));
    this.#store.add(
      uses.onDidChange(() => {
        this.#usesChanged = true;
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
      const searches = searchGlobs.map((glob) => vscode.workspace.findFiles(glob, ignoredGlob, mostFiles));
      const found = (await Promise.all(searches))
        .flat()
        .filter((uri) => uri.scheme === 'file' && mayShow(uri))
        .map(({ fsPath }) => fsPath);
      const used = new Set(
        this.#uses.files().filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile()),
      );
      const others = await this.#looks.among(found.filter((path) => !used.has(path)));
      const entries = [
        ...[...used].sort().map((path) => ({ path, used: true })),
        ...others.map((path) => ({ path, used: false })),
      ];
      if (!this.#usesChanged && sameEntries(entries, this.#entries)) return;
      this.#usesChanged = false;
      this.#entries = entries;
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
