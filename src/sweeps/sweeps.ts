/** @file All sweeps of this window: looked for beside the runs that the window knows. */
import { dirname } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { SweepSummary } from '../../runtime/contract/api/sweeps.ts';
import { Store } from '../common/disposable.ts';
import type { CompareCommandId } from '../contributions/compare.ts';
import { hasSweeps } from '../contributions/sweeps.ts';
import type { Workbench } from '../workbench.ts';
import { runFolders, sweepEnding } from './rows.ts';

export class Sweeps implements vscode.Disposable {
  readonly #store = new Store();
  readonly #workbench: Workbench;
  readonly #changed = this.#store.add(new vscode.EventEmitter<void>());
  #sweeps: readonly SweepSummary[] = [];
  #outputs = '';

  readonly onDidChange = this.#changed.event;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
    const { companion, runs } = workbench;
    this.#store.add(
      companion.on('sweeps/changed')(({ sweeps }) => {
        this.#replace(sweeps);
      }),
    );
    this.#store.add(
      runs.onDidChange(() => {
        void this.#watch();
      }),
    );
    // a new helper watches nothing yet
    this.#store.add(
      companion.onDidRestart(() => {
        this.#outputs = '';
      }),
    );
  }

  all(): readonly SweepSummary[] {
    return this.#sweeps;
  }

  get(folder: string): SweepSummary | undefined {
    return this.#sweeps.find((sweep) => sweep.folder === folder);
  }

  /** Where runs lie sweeps may lie too; asked for anew only when a folder of runs has come or gone. */
  async #watch(): Promise<void> {
    if (this.#folders().join('\n') !== this.#outputs) await this.refresh();
  }

  #folders(): string[] {
    return [...new Set(this.#workbench.runs.all().map(({ folder }) => dirname(folder)))].sort();
  }

  /** Reads all anew: news of a process that has ended comes a moment late. */
  async refresh(): Promise<void> {
    const { companion, log } = this.#workbench;
    const outputs = this.#folders();
    this.#outputs = outputs.join('\n');
    try {
      this.#replace((await companion.call('sweeps/watch', { outputs })).sweeps);
    } catch (error) {
      this.#outputs = '';
      log.error(error instanceof Error ? error : String(error));
    }
  }

  #replace(sweeps: readonly SweepSummary[]): void {
    const before = new Map(this.#sweeps.map((sweep) => [sweep.folder, sweep]));
    this.#sweeps = sweeps;
    void vscode.commands.executeCommand('setContext', hasSweeps, sweeps.length > 0);
    this.#changed.fire();
    for (const sweep of sweeps) void tellEnding(before.get(sweep.folder), sweep);
  }

  dispose(): void {
    this.#store.dispose();
  }
}

async function tellEnding(before: SweepSummary | undefined, after: SweepSummary): Promise<void> {
  const ending = sweepEnding(before, after);
  if (ending === undefined) return;
  const show = ending.failed ? vscode.window.showErrorMessage : vscode.window.showInformationMessage;
  if ((await show(ending.text, l10n.t('Compare'))) !== undefined)
    await vscode.commands.executeCommand(
      'adapterWorkbench.compareRuns' satisfies CompareCommandId,
      runFolders(after),
    );
}
