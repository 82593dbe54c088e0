/** @file Configs and the lineage of their runs, as the helper reports them; read anew when a config or run changes. */
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import { tellError } from '../common/commands.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { AdapterConfig, RunLineage } from '../../runtime/contract/api/adapters.ts';
import type { Workbench } from '../workbench.ts';
import { lineageWanted } from './lineage.ts';

/** Runs asked for at once: each answer brings its rows up to date. */
const lineageAtOnce = 100;

export class AdapterStore implements vscode.Disposable {
  readonly #store = new Store();
  readonly #workbench: Workbench;
  readonly #changed = this.#store.add(new vscode.EventEmitter<void>());
  readonly #lineage = new Map<string, RunLineage>();
  #names: readonly string[] = [];
  #configs: ReadonlyMap<string, AdapterConfig> = new Map();
  #asking = false;
  readonly #lookedFor = new Set<string>();

  readonly onDidChange = this.#changed.event;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
    const { files, companion } = workbench;
    const { onDidGrantWorkspaceTrust } = vscode.workspace;
    for (const event of [files.onDidChangeConfigs, onDidGrantWorkspaceTrust, companion.onDidRestart])
      this.#store.add(event(() => void this.refresh()));
    this.#store.add(
      workbench.runs.onDidChange(() => {
        if (this.#missesConfig()) files.configMissed();
        else void this.#askLineage();
      }),
    );
  }

  /** File names from the workspace's index; all that a folder without trust shows. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Undefined until the helper has read it, and in a folder without trust. */
  config(file: string): AdapterConfig | undefined {
    return this.#configs.get(file);
  }

  get lineage(): ReadonlyMap<string, RunLineage> {
    return this.#lineage;
  }

  /**
   * A run of a config in an opened folder that the list lacks. Each is looked for once, for a config may be gone or excluded.
   */
  #missesConfig(): boolean {
    const known = new Set(this.#names);
    const missing = this.#workbench.runs
      .all()
      .map(({ record }) => record.config)
      .filter((config) => !known.has(config) && !this.#lookedFor.has(config))
      .filter((config) => vscode.workspace.getWorkspaceFolder(vscode.Uri.file(config)) !== undefined);
    for (const config of missing) this.#lookedFor.add(config);
    return missing.length > 0;
  }

  async refresh(): Promise<void> {
    try {
      const configs = await this.#workbench.files.findConfigs();
      this.#names = configs;
      if (vscode.workspace.isTrusted) {
        // names first: reading takes longer
        this.#changed.fire();
        const { configs: read } = await this.#workbench.companion.call('adapters/list', { configs });
        this.#configs = new Map(read.map((config) => [config.file, config]));
      }
      this.#changed.fire();
      await this.#askLineage(true);
    } catch (error) {
      // a helper that ended is started again, and asks again
      if (error instanceof UserError && error.code === 'channel-closed')
        this.#workbench.log.warn(error.message);
      else tellError(error, this.#workbench.log);
    }
  }

  /** Brings in what the runs were made from, after the rows are there; `again` also for known ones, whose data may have changed. */
  async #askLineage(again = false): Promise<void> {
    if (this.#asking || !vscode.workspace.isTrusted) return;
    this.#asking = true;
    try {
      const known = again ? new Map<string, RunLineage>() : this.#lineage;
      const folders = lineageWanted(this.#workbench.runs.all(), this.#configs, known);
      for (let i = 0; i < folders.length; i += lineageAtOnce) {
        const { runs } = await this.#workbench.companion.call('adapters/lineage', {
          folders: folders.slice(i, i + lineageAtOnce),
        });
        for (const run of runs) this.#lineage.set(run.folder, run);
        this.#changed.fire();
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#workbench.log.warn(error.message);
    } finally {
      this.#asking = false;
    }
  }

  dispose(): void {
    this.#store.dispose();
  }
}
