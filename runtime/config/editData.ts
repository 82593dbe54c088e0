/** @file Writes a key of `data` into a config's text, comments and layout kept. */
import { findNodeAtLocation, modify, parseTree } from 'jsonc-parser';

export interface TextEdit {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

/** Undefined removes the key; an empty list of rows is left out too. */
function written(value: number | readonly (number | string)[]): unknown {
  return typeof value === 'number' || value.length > 0 ? value : undefined;
}

function indentOf(text: string): { insertSpaces: boolean; tabSize: number } {
  const [, indent = '  '] = /\n([ \t]+)"/.exec(text) ?? [];
  return indent.startsWith('\t')
    ? { insertSpaces: false, tabSize: 1 }
    : { insertSpaces: true, tabSize: indent.length };
}

/** Edits that set `data.<key>`: of the variant where it has the key already, else of the base, which all variants share. */
export function editData(
  text: string,
  variant: string | undefined,
  key: string,
  value: number | readonly (number | string)[],
): TextEdit[] {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const own = variant === undefined ? undefined : ['variants', variant, 'data', key];
  const isOwn = own !== undefined && root !== undefined && findNodeAtLocation(root, own) !== undefined;
  const path = isOwn ? own : ['data', key];
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const edits = modify(text, path, written(value), { formattingOptions: { ...indentOf(text), eol } });
  return edits.map(({ offset, length, content }) => ({ offset, length, text: content }));
}
