/** @file A run's diagnosis at the keys of the config that wrote it, until the config is changed. */
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import type { Diagnostic } from '../../runtime/contract/diagnostic.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { isLive } from './rows.ts';
import type { Runs } from './runs.ts';

const severities: Readonly<Record<Diagnostic['severity'], vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

function entryOf({ severity, code, message, hint, range }: Diagnostic): vscode.Diagnostic {
  const line = (range?.line ?? 1) - 1;
  const column = (range?.column ?? 1) - 1;
  const entry = new vscode.Diagnostic(
    new vscode.Range(line, column, line, column + (range?.length ?? 0)),
    hint === undefined ? message : `${message} ${hint}`,
    severities[severity],
  );
  entry.source = 'Adapter Workbench';
  entry.code = code;
  return entry;
}

export class RunDiagnostics implements vscode.Disposable {
  readonly #store = new Store();
  readonly #runs: Runs;
  readonly #log: vscode.LogOutputChannel;
  readonly #entries = this.#store.add(vscode.languages.createDiagnosticCollection('adapterWorkbench.runs'));
  /** Runs that went on when they were last seen: their end is looked at, those of long ago only when opened. */
  readonly #live = new Set<string>();

  constructor(runs: Runs, log: vscode.LogOutputChannel) {
    this.#runs = runs;
    this.#log = log;
    this.#store.add(
      runs.onDidChange(({ updated }) => {
        for (const run of updated)
          if (isLive(run.record.status)) this.#live.add(run.folder);
          else if (this.#live.delete(run.folder)) void this.look(run);
      }),
    );
    this.#store.add(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#entries.delete(document.uri);
      }),
    );
  }

  /** Publishes what the config's newest run says; nothing for an older one. */
  async look({ folder, record }: RunSummary): Promise<void> {
    const newer = this.#runs
      .all()
      .some((run) => run.record.config === record.config && run.record.created > record.created);
    if (newer) return;
    try {
      const { config, diagnostics } = await this.#runs.call('run/diagnose', { folder });
      this.#entries.set(vscode.Uri.file(config), diagnostics.map(entryOf));
    } catch (error) {
      // The run's page tells what is wrong with its folder; a diagnosis is an extra.
      if (!(error instanceof UserError)) throw error;
      this.#log.warn(`No diagnosis of ${folder}: ${error.message}`);
    }
  }

  dispose(): void {
    this.#store.dispose();
  }
}
