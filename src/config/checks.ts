/** @file Checks every open config after a pause in typing, saved or not, and keeps what its last check said. */
import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import { isConfigFile } from '../common/folderFiles.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { ConfigReport } from '../../runtime/contract/api/config.ts';
import { isRunsOwn } from '../../runtime/contract/runFolder.ts';
import type { Companion } from '../runtime/companion.ts';
import type { Workbench } from '../workbench.ts';
import { CheckTurns } from './checkTurns.ts';
import { diagnosticIn } from './places.ts';

/** After the last key; with the check itself well below the 300 ms that feel like at once. */
const pauseMilliseconds = 150;
/** After a file has changed: one that grows all the time costs each open config two checks a second at most. */
const filePauseMilliseconds = 500;

interface State {
  readonly turns: CheckTurns;
  /** Of the document's version that it was made from. */
  report?: { readonly version: number; readonly value: ConfigReport };
}

export const isConfig = (document: vscode.TextDocument): boolean =>
  isConfigFile(document.uri) && ['file', 'untitled'].includes(document.uri.scheme);

/** Where the config lies, or would: paths in an unsaved one count from the folder. */
export function pathOf({ uri }: vscode.TextDocument): string {
  if (uri.scheme === 'file') return uri.fsPath;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  return join(folder, basename(uri.path));
}

export class ConfigChecks implements vscode.Disposable {
  readonly #store = new Store();
  readonly #companion: Companion;
  readonly #log: vscode.LogOutputChannel;
  readonly #states = new Map<string, State>();
  readonly #diagnostics = this.#store.add(vscode.languages.createDiagnosticCollection('adapterWorkbench'));
  readonly #changed = this.#store.add(new vscode.EventEmitter<vscode.TextDocument>());
  /** A document has a new report. */
  readonly onDidCheck = this.#changed.event;

  constructor({ companion, files, log }: Workbench) {
    this.#companion = companion;
    this.#log = log;
    const { workspace } = vscode;
    const again = (): void => {
      for (const document of this.#open()) this.#turnsOf(document)?.textChanged(0);
    };
    // a file that a config names: what was said of it may be wrong
    const fileChanged = (uri: vscode.Uri): void => {
      // a run writes many times a second
      if (isRunsOwn(workspace.asRelativePath(uri, false))) return;
      for (const document of this.#open())
        this.#turnsOf(document)?.surroundingsChanged(filePauseMilliseconds);
    };
    this.#store.add(files.onDidTouch(fileChanged));
    this.#store.add(
      workspace.onDidOpenTextDocument((document) => {
        this.#turnsOf(document)?.textChanged(0);
      }),
    );
    this.#store.add(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#turnsOf(document)?.textChanged(pauseMilliseconds);
      }),
    );
    this.#store.add(
      workspace.onDidCloseTextDocument(({ uri }) => {
        this.#forget(uri);
      }),
    );
    this.#store.add(workspace.onDidGrantWorkspaceTrust(again));
    this.#store.add(companion.onDidRestart(again));
    this.#store.add(
      companion.on('config/refreshed')(({ path }) => {
        for (const document of this.#open())
          if (pathOf(document) === path) this.#turnsOf(document)?.surroundingsChanged(0);
      }),
    );
    again();
  }

  /** What the last check said, where the text is still the same. */
  reportOf(document: vscode.TextDocument): ConfigReport | undefined {
    const report = this.#states.get(document.uri.toString())?.report;
    return report?.version === document.version ? report.value : undefined;
  }

  /** What the last check said of some version: for what may be a moment behind. */
  lastReportOf(document: vscode.TextDocument): ConfigReport | undefined {
    return this.#states.get(document.uri.toString())?.report?.value;
  }

  /** The report of the text as it is now. */
  async check(document: vscode.TextDocument): Promise<ConfigReport> {
    return this.reportOf(document) ?? (await this.#ask(document, new AbortController().signal));
  }

  #open(): readonly vscode.TextDocument[] {
    return vscode.workspace.textDocuments.filter(isConfig);
  }

  /** Of a config that may be checked. */
  #turnsOf(document: vscode.TextDocument): CheckTurns | undefined {
    if (!isConfig(document) || !vscode.workspace.isTrusted) return undefined;
    const key = document.uri.toString();
    const state = this.#states.get(key) ?? { turns: new CheckTurns((signal) => this.#run(document, signal)) };
    this.#states.set(key, state);
    return state.turns;
  }

  async #run(document: vscode.TextDocument, signal: AbortSignal): Promise<void> {
    try {
      await this.#ask(document, signal);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // a newer text has taken this one's place, or the helper says elsewhere why it is gone
      if (error.code !== 'cancelled') this.#log.warn(error.message);
    }
  }

  async #ask(document: vscode.TextDocument, signal: AbortSignal): Promise<ConfigReport> {
    const { version } = document;
    const question = { path: pathOf(document), text: document.getText() };
    const report = await this.#companion.call('config/check', question, signal);
    const state = this.#states.get(document.uri.toString());
    if (state === undefined || document.isClosed || document.version !== version) return report;
    state.report = { version, value: report };
    this.#diagnostics.set(
      document.uri,
      report.diagnostics.map((found) => diagnosticIn(document, found)),
    );
    this.#changed.fire(document);
    return report;
  }

  #forget(uri: vscode.Uri): void {
    this.#states.get(uri.toString())?.turns.stop();
    this.#states.delete(uri.toString());
    this.#diagnostics.delete(uri);
  }

  dispose(): void {
    for (const { turns } of this.#states.values()) turns.stop();
    this.#store.dispose();
  }
}
