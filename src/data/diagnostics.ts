/** @file Lints of rows as VS Code's diagnostics, and what mends them as quick fixes. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { DataCommandId } from '../contributions/data.ts';
import { Store } from '../common/disposable.ts';
import type { RowFix, RowLint } from '../../runtime/contract/api/data.ts';
import { rowDocuments } from './limits.ts';
import type { MaskPreview } from './maskPreview.ts';
import type { Problems } from './problems.ts';
import type { DataUses } from './uses.ts';

const source = 'adapter-workbench';
/** More would bury whatever else the Problems view says. */
const mostShown = 200;

/** Arguments of the command that writes a longer cut into the config. */
export interface LengthArguments {
  readonly file: string;
  readonly length: number;
}

export interface RowArguments {
  readonly file: string;
  /** From 1. */
  readonly row: number;
}

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
} as const;

class RowDiagnostic extends vscode.Diagnostic {
  readonly lint: RowLint;

  constructor(line: number, lint: RowLint) {
    const { message, hint, severity, code, start, end } = lint;
    const text = hint === undefined ? message : `${message} ${hint}`;
    super(new vscode.Range(line, start, line, end), text, severities[severity]);
    this.source = source;
    this.code = code;
    this.lint = lint;
  }
}

function diagnosticsOf(problems: Problems): vscode.Diagnostic[] {
  const all = problems.all().flatMap(([line, lints]) => lints.map((lint) => new RowDiagnostic(line, lint)));
  const shown: vscode.Diagnostic[] = all.slice(0, mostShown);
  const more = all.length - shown.length + problems.more;
  if (more > 0) {
    const text = l10n.t('and {0} more. The dataset page filters rows by lint.', more);
    const note = new vscode.Diagnostic(
      new vscode.Range(0, 0, 0, 0),
      text,
      vscode.DiagnosticSeverity.Information,
    );
    note.source = source;
    shown.push(note);
  }
  return shown;
}

export class RowDiagnostics implements vscode.CodeActionProvider, vscode.Disposable {
  readonly #store = new Store();
  readonly #collection = this.#store.add(
    vscode.languages.createDiagnosticCollection('adapterWorkbench.data'),
  );
  readonly #uses: DataUses;

  constructor(mask: MaskPreview, uses: DataUses) {
    this.#uses = uses;
    this.#store.add(
      mask.onDidChange(({ document }) => {
        const problems = mask.problems(document);
        if (problems !== undefined) this.#collection.set(document.uri, diagnosticsOf(problems));
      }),
    );
    this.#store.add(
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.#collection.delete(uri);
      }),
    );
    this.#store.add(
      vscode.languages.registerCodeActionsProvider(rowDocuments, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    );
  }

  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const own = (this.#collection.get(document.uri) ?? []).filter(
      (one): one is RowDiagnostic =>
        one instanceof RowDiagnostic &&
        one.range.start.line === range.start.line &&
        diagnostics.some(
          ({ source: from, code, range: at }) =>
            from === source && code === one.code && at.isEqual(one.range),
        ),
    );
    const fixes = own.flatMap((one) => one.lint.fixes.map((fix) => this.#action(document, one, fix)));
    return [...fixes, ...this.#exclude(document, own)];
  }

  #action(document: vscode.TextDocument, diagnostic: RowDiagnostic, fix: RowFix): vscode.CodeAction {
    const { line } = diagnostic.range.start;
    if (fix.kind === 'length') {
      const use = this.#uses.chosen(document.uri.fsPath);
      const title = l10n.t('Raise data.length to {0} in {1}', fix.length, use?.label ?? '');
      const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
      const args: LengthArguments = { file: document.uri.fsPath, length: fix.length };
      action.command = { command: lengthCommand, title, arguments: [args] };
      action.diagnostics = [diagnostic];
      return action;
    }
    const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
    action.edit = new vscode.WorkspaceEdit();
    for (const { start, end, text } of fix.edits)
      action.edit.replace(document.uri, new vscode.Range(line, start, line, end), text);
    action.diagnostics = [diagnostic];
    action.isPreferred = true;
    return action;
  }

  /** Leaving a row out mends whatever is wrong with it, where a config says who leaves it out. */
  #exclude({ uri }: vscode.TextDocument, own: readonly RowDiagnostic[]): vscode.CodeAction[] {
    const use = this.#uses.chosen(uri.fsPath);
    const [first] = own;
    if (use?.role !== 'train' || first === undefined) return [];
    const title = l10n.t('Exclude this row in {0}', use.label);
    const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    const args: RowArguments = { file: uri.fsPath, row: first.range.start.line + 1 };
    action.command = { command: excludeCommand, title, arguments: [args] };
    action.diagnostics = [...own];
    return [action];
  }

  dispose(): void {
    this.#store.dispose();
  }
}

const excludeCommand: DataCommandId = 'adapterWorkbench.excludeRow';
const lengthCommand: DataCommandId = 'adapterWorkbench.raiseLength';
