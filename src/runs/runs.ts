/** @file All runs of this window: what the companion process reports, for the tree, the status bar and the pages. */
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import type { FolderFiles } from '../common/folderFiles.ts';
import { UserError, describeError } from '../../runtime/contract/errors.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { ServeApi, ServeEvents } from '../../runtime/contract/protocol.ts';
import type { Companion } from '../runtime/companion.ts';
import { RunTable } from './runTable.ts';
import type { TableChange } from './runTable.ts';

export type RunEventsMessage = ServeEvents['run/events'];

/** Where folders outside of the opened ones are remembered: a quick start in a picked folder. */
const rememberedKey = 'runFolders';

export class Runs implements vscode.Disposable {
  readonly #store = new Store();
  readonly #table = new RunTable();
  readonly #memory: vscode.Memento;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = this.#store.add(new vscode.EventEmitter<TableChange>());
  readonly #restarted = this.#store.add(new vscode.EventEmitter<void>());
  readonly #companion: Companion;
  readonly #files: FolderFiles;
  #loaded = false;

  readonly onDidChange = this.#changed.event;
  readonly onRunEvents: vscode.Event<RunEventsMessage>;
  /** The companion was started anew: who follows a run asks for it again. */
  readonly onDidRestart = this.#restarted.event;

  constructor(
    companion: Companion,
    files: FolderFiles,
    memory: vscode.Memento,
    log: vscode.LogOutputChannel,
  ) {
    this.#companion = companion;
    this.#files = files;
    this.#memory = memory;
    this.#log = log;
    this.onRunEvents = companion.on('run/events');
    this.#store.add(
      companion.on('runs/changed')((message) => {
        this.#changed.fire(this.#table.apply(message));
      }),
    );
    this.#store.add(
      companion.onDidRestart(() => {
        void this.refresh().then(() => {
          this.#restarted.fire();
        });
      }),
    );
    this.#store.add(files.onDidChangeConfigs(() => void this.refresh()));
  }

  /** False until the first list has come. */
  get loaded(): boolean {
    return this.#loaded;
  }

  all(): readonly RunSummary[] {
    return this.#table.all();
  }

  get(folder: string): RunSummary | undefined {
    return this.#table.get(folder);
  }

  /** Starts the companion where it isn't running, and lists the runs. What goes wrong is told, not thrown. */
  async refresh(): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    try {
      this.#companion.start();
      const configs = await this.#files.findConfigs();
      const { runs } = await this.call('runs/watch', { folders: this.#remembered(), configs });
      this.#loaded = true;
      this.#changed.fire(this.#table.replace(runs));
    } catch (error) {
      this.#log.error(error instanceof Error ? error : String(error));
      // A companion that ended is started again or given up, and that is told elsewhere.
      if (!(error instanceof UserError && error.code === 'channel-closed'))
        void vscode.window.showErrorMessage(describeError(error));
    }
  }

  /** Runs under `folder` are listed from now on in this workspace. */
  async remember(folder: string): Promise<void> {
    const known = this.#remembered();
    if (!known.includes(folder)) await this.#memory.update(rememberedKey, [...known, folder]);
    await this.refresh();
  }

  call<K extends keyof ServeApi>(method: K, params: ServeApi[K]['params']): Promise<ServeApi[K]['result']> {
    return this.#companion.call(method, params);
  }

  /**
   * The run that this process holds, as soon as it has written its record.
   * @throws UserError `cancelled` when `signal` is raised first.
   */
  runOf(pid: number, signal: AbortSignal): Promise<RunSummary> {
    const find = () => this.all().find((run) => run.pid === pid);
    return new Promise((resolve, reject) => {
      const now = find();
      if (now !== undefined) {
        resolve(now);
        return;
      }
      const listener = this.onDidChange(() => {
        const run = find();
        if (run === undefined) return;
        listener.dispose();
        resolve(run);
      });
      signal.addEventListener('abort', () => {
        listener.dispose();
        reject(new UserError('cancelled', 'The process ended before its run began.'));
      });
    });
  }

  #remembered(): readonly string[] {
    return this.#memory.get<readonly string[]>(rememberedKey, []);
  }

  dispose(): void {
    this.#store.dispose();
  }
}
