/** @file Writes a key of `data` into a config's text, comments and layout kept. */
import { findNodeAtLocation, getNodeValue, modify, parseTree } from 'jsonc-parser';
import type { DataChange } from '../contract/api/data.ts';
import { UserError } from '../contract/errors.ts';
import { rowRange, withoutRows, withRows } from '../contract/rowNumbers.ts';

export interface TextEdit {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

const isEntry = (value: unknown): value is number | string =>
  (typeof value === 'number' || typeof value === 'string') && rowRange(value) !== undefined;

/** The list as the text has it. One that can't be read is never written over. */
function listed(value: unknown): readonly (number | string)[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every(isEntry)) return value;
  throw new UserError('rows-unreadable', 'data.exclude is no list of row numbers.', {
    hint: 'Write rows as 12 and ranges as "12-20", then try again.',
  });
}

/** The key's new value; undefined removes it: an empty list is left out. */
function written(change: DataChange, before: unknown): unknown {
  if (change.key === 'length') return change.value;
  const list = (change.excluded ? withRows : withoutRows)(listed(before), change.rows);
  return list.length > 0 ? list : undefined;
}

function indentOf(text: string): { insertSpaces: boolean; tabSize: number } {
  const [, indent = '  '] = /\n([ \t]+)"/.exec(text) ?? [];
  return indent.startsWith('\t')
    ? { insertSpaces: false, tabSize: 1 }
    : { insertSpaces: true, tabSize: indent.length };
}

/**
 * Edits that change a key of `data`: of the variant where it has the key already, else of the base, which all variants share.
 * @throws UserError `rows-unreadable`.
 */
export function editData(text: string, variant: string | undefined, change: DataChange): TextEdit[] {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const find = (path: readonly string[]) => root && findNodeAtLocation(root, [...path]);
  const base = ['data', change.key];
  const own = variant === undefined ? base : ['variants', variant, ...base];
  const path = find(own) === undefined ? base : own;
  const node = find(path);
  const value = written(change, node && getNodeValue(node));
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const edits = modify(text, path, value, { formattingOptions: { ...indentOf(text), eol } });
  return edits.map(({ offset, length, content }) => ({ offset, length, text: content }));
}
