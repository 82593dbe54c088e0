/** @file Which configs of this window use which data files, and through which of them a file's rows are looked at. */
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import type { FolderFiles } from '../common/folderFiles.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { DataUse, ViewName } from '../../runtime/contract/api/data.ts';
import type { Companion } from '../runtime/companion.ts';
import type { Workbench } from '../workbench.ts';

/** Changes of several files in a row are one. */
const gatherFor = 200;
const chosenKey = 'dataViews';

export const viewOf = ({ config, variant }: DataUse): ViewName => ({
  config,
  ...(variant === undefined ? {} : { variant }),
});

/** The same view of the same config. */
const nameOf = ({ config, variant = '' }: ViewName): string => `${config}\n${variant}`;

export class DataUses implements vscode.Disposable {
  readonly #store = new Store();
  readonly #companion: Companion;
  readonly #files: FolderFiles;
  readonly #memory: vscode.Memento;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = this.#store.add(new vscode.EventEmitter<void>());
  #byFile = new Map<string, DataUse[]>();
  #timer: NodeJS.Timeout | undefined;
  #loaded: Promise<void> | undefined;

  readonly onDidChange = this.#changed.event;

  constructor({ companion, files, context, log }: Workbench) {
    this.#companion = companion;
    this.#files = files;
    this.#memory = context.workspaceState;
    this.#log = log;
    for (const event of [files.onDidChangeConfigs, vscode.workspace.onDidGrantWorkspaceTrust])
      this.#store.add(
        event(() => {
          this.#schedule();
        }),
      );
    this.#store.add({
      dispose: () => {
        clearTimeout(this.#timer);
      },
    });
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), gatherFor);
  }

  /** Reads the configs once; later calls wait for the same reading. */
  load(): Promise<void> {
    return (this.#loaded ??= this.refresh());
  }

  /** Reads all configs of the folder anew. */
  async refresh(): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    try {
      const configs = await this.#files.findConfigs();
      const { uses } = await this.#companion.call('data/uses', { configs });
      const byFile = new Map<string, DataUse[]>();
      for (const use of uses) byFile.set(use.file, [...(byFile.get(use.file) ?? []), use]);
      this.#byFile = byFile;
      this.#changed.fire();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#log.warn(error.message);
    }
  }

  /** Data files that configs name, whether they are there or not. */
  files(): readonly string[] {
    return [...this.#byFile.keys()];
  }

  of(file: string): readonly DataUse[] {
    return this.#byFile.get(file) ?? [];
  }

  /** The use through which a file is looked at: the one that was chosen, else the first. */
  chosen(file: string): DataUse | undefined {
    const uses = this.of(file);
    const name = this.#memory.get<Record<string, string>>(chosenKey, {})[file];
    return uses.find((use) => nameOf(use) === name) ?? uses[0];
  }

  async choose(file: string, use: DataUse): Promise<void> {
    const all = this.#memory.get<Record<string, string>>(chosenKey, {});
    await this.#memory.update(chosenKey, { ...all, [file]: nameOf(use) });
    this.#changed.fire();
  }

  dispose(): void {
    this.#store.dispose();
  }
}
