/** @file Checks every open config after a pause in typing, saved or not, and keeps what its last check said. */
import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { ConfigReport } from '../../runtime/contract/api/config.ts';
import type { Companion } from '../runtime/companion.ts';
import { diagnosticIn } from './places.ts';

/** After the last key; with the check itself well below the 300 ms that feel like at once. */
const pauseMilliseconds = 150;
/** Files that configs name: when one comes or changes, what was said of it may be wrong. */
const namedFiles = '**/*.{jsonl,ndjson,json,csv,tsv,parquet,gguf,safetensors,jinja}';

interface State {
  timer?: NodeJS.Timeout;
  abort?: AbortController;
  /** Of the document's version that it was made from. */
  report?: { readonly version: number; readonly value: ConfigReport };
}

export const isConfig = (document: vscode.TextDocument): boolean =>
  document.uri.path.endsWith('.adapter.json') && ['file', 'untitled'].includes(document.uri.scheme);

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

  constructor(companion: Companion, log: vscode.LogOutputChannel) {
    this.#companion = companion;
    this.#log = log;
    const { workspace } = vscode;
    const again = (): void => {
      this.#checkAll(0);
    };
    const files = this.#store.add(workspace.createFileSystemWatcher(namedFiles));
    const fileChanged = (): void => {
      this.#checkAll(pauseMilliseconds);
    };
    for (const event of [files.onDidChange, files.onDidCreate, files.onDidDelete])
      this.#store.add(event(fileChanged));
    this.#store.add(
      workspace.onDidOpenTextDocument((document) => {
        this.#check(document, 0);
      }),
    );
    this.#store.add(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#check(document, pauseMilliseconds);
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
        for (const document of this.#open()) if (pathOf(document) === path) this.#check(document, 0);
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
    return this.reportOf(document) ?? (await this.#ask(document, new AbortController()));
  }

  #open(): readonly vscode.TextDocument[] {
    return vscode.workspace.textDocuments.filter(isConfig);
  }

  #checkAll(wait: number): void {
    for (const document of this.#open()) this.#check(document, wait);
  }

  #check(document: vscode.TextDocument, wait: number): void {
    if (!isConfig(document) || !vscode.workspace.isTrusted) return;
    const key = document.uri.toString();
    const state = this.#states.get(key) ?? {};
    this.#states.set(key, state);
    clearTimeout(state.timer);
    state.abort?.abort();
    const abort = new AbortController();
    state.abort = abort;
    state.timer = setTimeout(() => {
      this.#ask(document, abort).catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        // a newer text has taken this one's place, or the helper says elsewhere why it is gone
        if (error.code !== 'cancelled') this.#log.warn(error.message);
      });
    }, wait);
  }

  async #ask(document: vscode.TextDocument, abort: AbortController): Promise<ConfigReport> {
    const { version } = document;
    const question = { path: pathOf(document), text: document.getText() };
    const report = await this.#companion.call('config/check', question, abort.signal);
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
    const state = this.#states.get(uri.toString());
    clearTimeout(state?.timer);
    state?.abort?.abort();
    this.#states.delete(uri.toString());
    this.#diagnostics.delete(uri);
  }

  dispose(): void {
    for (const { timer, abort } of this.#states.values()) {
      clearTimeout(timer);
      abort?.abort();
    }
    this.#store.dispose();
  }
}
