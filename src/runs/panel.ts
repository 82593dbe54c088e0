/** @file The pages of runs: one panel for each open run, restored when the window is loaded anew. */
import * as vscode from 'vscode';
import { runPanelId } from '../common/contributions.ts';
import { Store } from '../common/disposable.ts';
import { pageHtml } from '../common/webviewHtml.ts';
import { protocolVersion } from '../../runtime/contract/protocol.ts';
import type { RunSummary } from '../../runtime/contract/protocol.ts';
import { connect } from '../../runtime/contract/rpc.ts';
import type { None } from '../../runtime/contract/rpc.ts';
import type { RunPageApi, RunPageEvents } from '../../webview/run/protocol.ts';
import { runLabel } from './rows.ts';
import type { Runs } from './runs.ts';

export interface PageActions {
  readonly stop: (folder: string) => Promise<void>;
  readonly resume: (folder: string) => Promise<void>;
  readonly show: (folder: string, what: 'config' | 'folder') => Promise<void>;
}

export class RunPanels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #store = new Store();
  readonly #runs: Runs;
  readonly #extension: vscode.Uri;
  readonly #actions: PageActions;
  readonly #open = new Map<string, vscode.WebviewPanel>();

  constructor(runs: Runs, extension: vscode.Uri, actions: PageActions) {
    this.#runs = runs;
    this.#extension = extension;
    this.#actions = actions;
    this.#store.add(vscode.window.registerWebviewPanelSerializer(runPanelId, this));
  }

  /** Shows the run's page; `summary` may be newer than what the list knows. */
  show(summary: RunSummary): void {
    const open = this.#open.get(summary.folder);
    if (open !== undefined) {
      open.reveal();
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      runPanelId,
      runLabel(summary),
      vscode.ViewColumn.Active,
      this.#options(),
    );
    this.#fill(panel, summary.folder);
  }

  /** After the window was loaded anew: the page's state says which run it showed. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const folder =
      typeof state === 'object' && state !== null && 'folder' in state ? state.folder : undefined;
    if (typeof folder === 'string' && folder !== '') {
      panel.webview.options = this.#options();
      this.#fill(panel, folder);
    } else panel.dispose();
    return Promise.resolve();
  }

  #options(): vscode.WebviewOptions {
    return {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(this.#extension, 'dist', 'webview')],
    };
  }

  #fill(panel: vscode.WebviewPanel, folder: string): void {
    const { webview } = panel;
    const store = new Store();
    this.#open.set(folder, panel);
    const file = (name: string) =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.#extension, 'dist', 'webview', name)).toString();
    const page = connect<RunPageApi, None, None, RunPageEvents>(
      {
        post: (message) => {
          void webview.postMessage(message);
        },
        listen: (receive, closed) => {
          store.add(webview.onDidReceiveMessage(receive));
          store.add(
            panel.onDidDispose(() => {
              closed('The page was closed.');
            }),
          );
        },
      },
      { version: protocolVersion, listeners: {}, handlers: this.#handlers(folder) },
    );
    store.add(
      this.#runs.onRunEvents(({ folder: of, events, restarted }) => {
        if (of === folder) page.emit('run/events', { events, restarted });
      }),
    );
    store.add(
      this.#runs.onDidChange(({ updated }) => {
        const changed = updated.find((run) => run.folder === folder);
        if (changed !== undefined) page.emit('run/changed', changed);
      }),
    );
    // A new helper follows nobody yet; loading again replaces what the page has.
    store.add(
      this.#runs.onDidRestart(() => {
        void this.#follow(folder).then(({ summary, events }) => {
          page.emit('run/changed', summary);
          page.emit('run/events', { events, restarted: true });
        });
      }),
    );
    panel.onDidDispose(() => {
      this.#open.delete(folder);
      store.dispose();
      if (!this.#store.disposed) void this.#runs.call('run/leave', { folder }).catch(() => undefined);
    });
    const files = { script: file('run.js'), style: file('runStyle.css'), source: webview.cspSource };
    webview.html = pageHtml('Run', files, { folder });
  }

  #follow(folder: string): Promise<RunPageApi['run/load']['result']> {
    return this.#runs.call('run/follow', { folder });
  }

  #handlers(folder: string) {
    const done = async (work: Promise<void>): Promise<null> => {
      await work;
      return null;
    };
    return {
      'run/load': () => this.#follow(folder),
      'run/stop': () => done(this.#actions.stop(folder)),
      'run/resume': () => done(this.#actions.resume(folder)),
      'run/show': ({ what }: { what: 'config' | 'folder' }) => done(this.#actions.show(folder, what)),
    };
  }

  dispose(): void {
    this.#store.dispose();
  }
}
