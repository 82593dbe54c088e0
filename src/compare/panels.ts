/** @file The pages of compared runs: each follows its runs through the helper, and comes back when the window is loaded anew. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ComparePageApi, ComparePageEvents } from '../../webview/compare/protocol.ts';
import { Store } from '../common/disposable.ts';
import { fillPage, pageOptions } from '../common/page.ts';
import { comparePanelId } from '../contributions/compare.ts';
import type { RunCommandId } from '../contributions/runs.ts';
import type { Workbench } from '../workbench.ts';
import { keptFolders } from './folders.ts';
import { saveFile } from './save.ts';

export class ComparePanels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #store = new Store();
  readonly #workbench: Workbench;
  #count = 0;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
    this.#store.add(vscode.window.registerWebviewPanelSerializer(comparePanelId, this));
  }

  show(folders: readonly string[]): void {
    const panel = vscode.window.createWebviewPanel(
      comparePanelId,
      l10n.t('Compare {0} Runs', folders.length),
      vscode.ViewColumn.Active,
      pageOptions(this.#workbench.context.extensionUri),
    );
    this.#fill(panel, folders);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const folders = keptFolders(state);
    if (folders.length > 0) this.#fill(panel, folders);
    else panel.dispose();
    return Promise.resolve();
  }

  #fill(panel: vscode.WebviewPanel, folders: readonly string[]): void {
    const { companion, context } = this.#workbench;
    // names the comparison for the helper, which serves this window alone
    const name = `compare ${this.#count++}`;
    const follow = () => companion.call('compare/follow', { page: name, folders });
    // in the order in which the page shows them
    const ofPage = (shown: readonly string[]): string[] => shown.filter((folder) => folders.includes(folder));
    const { connection: page, store } = fillPage<ComparePageApi, ComparePageEvents>(
      panel,
      context.extensionUri,
      {
        name: 'compare',
        title: l10n.t('Compare'),
        data: { folders: JSON.stringify(folders) },
        handlers: {
          'compare/load': follow,
          'compare/samples': ({ folders: shown }) =>
            companion.call('compare/samples', { folders: ofPage(shown), most: 50 }),
          'compare/answers': ({ folders: shown }) =>
            companion.call('compare/answers', { folders: ofPage(shown) }),
          'compare/save': (file) => saveFile(file),
          'compare/open': async ({ folder }) => {
            await vscode.commands.executeCommand('adapterWorkbench.openRun' satisfies RunCommandId, {
              kind: 'run',
              folder,
            });
            return null;
          },
        },
      },
    );
    store.add(
      companion.on('compare/changed')(({ page: of, comparison }) => {
        if (of === name) page.emit('compare/changed', comparison);
      }),
    );
    store.add(
      companion.on('compare/events')(({ page: of, ...message }) => {
        if (of === name) page.emit('compare/events', message);
      }),
    );
    // a new helper follows nobody yet
    store.add(
      companion.onDidRestart(() => {
        follow().then(
          (loaded) => {
            page.emit('compare/reloaded', loaded);
          },
          (error: unknown) => {
            this.#workbench.log.error(error instanceof Error ? error : String(error));
          },
        );
      }),
    );
    panel.onDidDispose(() => {
      // a helper that is gone follows nobody
      if (!this.#store.disposed) void companion.call('compare/leave', { page: name }).catch(() => undefined);
    });
  }

  dispose(): void {
    this.#store.dispose();
  }
}
