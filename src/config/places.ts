/** @file Places of the contract as VS Code's, in a document whose text they were found in. */
import * as vscode from 'vscode';
import type { Diagnostic, Fix, Severity, TextRange } from '../../runtime/contract/diagnostic.ts';

export const rangeIn = (document: vscode.TextDocument, { offset, length }: TextRange): vscode.Range =>
  new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));

const severities: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

/** Plain text throughout: VS Code renders no markup in a diagnostic. */
export function diagnosticIn(document: vscode.TextDocument, found: Diagnostic): vscode.Diagnostic {
  const { severity, code, message, hint, range, related = [] } = found;
  const text = hint === undefined ? message : `${message} ${hint}`;
  const place = range === undefined ? new vscode.Range(0, 0, 0, 0) : rangeIn(document, range);
  const diagnostic = new vscode.Diagnostic(place, text, severities[severity]);
  diagnostic.code = code;
  diagnostic.source = 'Adapter Workbench';
  diagnostic.relatedInformation = related.map(
    (one) =>
      new vscode.DiagnosticRelatedInformation(
        new vscode.Location(document.uri, rangeIn(document, one.range)),
        one.message,
      ),
  );
  if (code === 'option-unused' || code === 'entry-repeated' || code === 'pattern-idle')
    diagnostic.tags = [vscode.DiagnosticTag.Unnecessary];
  return diagnostic;
}

export function editOf(document: vscode.TextDocument, edits: Fix['edits']): vscode.WorkspaceEdit {
  const edit = new vscode.WorkspaceEdit();
  for (const { offset, length, text } of edits)
    edit.replace(
      document.uri,
      new vscode.Range(document.positionAt(offset), document.positionAt(offset + length)),
      text,
    );
  return edit;
}
