/** @file What a check has to say about a text: where, how grave, why, and what would help. */

/** error: `train` refuses; warning: very likely disappoints; information: advice with evidence; hint: style. */
export type Severity = 'error' | 'warning' | 'information' | 'hint';

/** Lines and columns count from 1, offsets from 0; columns, offset and length in UTF-16 units, as editors count. */
export interface TextRange {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
  readonly length: number;
}

/** A change of the text that an editor may offer. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly { readonly offset: number; readonly length: number; readonly text: string }[];
}

export interface Diagnostic {
  readonly severity: Severity;
  /** Stable, kebab-case. */
  readonly code: string;
  /** What is wrong, with the value, and the fact that makes it so. */
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
  /** Absent where the value is not in the text: then `source` says where it came from. */
  readonly range?: TextRange;
  readonly source?: string;
  readonly fixes?: readonly Fix[];
  /** Other places of the text that belong to it. */
  readonly related?: readonly { readonly message: string; readonly range: TextRange }[];
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === 'error');

/** `file:3:14: error: message hint [code]`, as compilers print it, so that terminals make a link of it. */
export function describeDiagnostic(diagnostic: Diagnostic, file: string): string {
  const { severity, code, message, hint, range, source } = diagnostic;
  const where = range === undefined ? (source ?? file) : `${file}:${range.line}:${range.column}`;
  return `${where}: ${severity}: ${message}${hint === undefined ? '' : ` ${hint}`} [${code}]`;
}
