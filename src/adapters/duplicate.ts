/** @file A variant copied under another name in a config's text, comments and all. Pure. */
import { applyEdits, findNodeAtLocation, modify, parseTree } from 'jsonc-parser';

export interface Changed {
  readonly text: string;
  /** The new variant's overrides in the text. */
  readonly offset: number;
  readonly length: number;
}

/** "rank 4 copy", "rank 4 copy 2", ...: a name that the file doesn't have yet. */
export function freeName(wanted: string, taken: readonly string[]): string {
  if (!taken.includes(wanted)) return wanted;
  let count = 2;
  while (taken.includes(`${wanted} ${count}`)) count++;
  return `${wanted} ${count}`;
}

/**
 * The text with a variant `name` that overrides what `source` does, or nothing where `source` is the file as it is.
 * Undefined where the text is no object, or `source` isn't in it.
 */
export function duplicateVariant(
  text: string,
  source: string | undefined,
  name: string,
): Changed | undefined {
  const root = parseTree(text);
  if (root?.type !== 'object') return undefined;
  const node = source === undefined ? undefined : findNodeAtLocation(root, ['variants', source]);
  if (source !== undefined && node?.type !== 'object') return undefined;
  const copied = node === undefined ? '{}' : text.slice(node.offset, node.offset + node.length);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const formattingOptions = { insertSpaces: !/^\t/m.test(text), tabSize: indentation(text), eol };
  // with null as its value first: the overrides then come in as they are written, not as they are parsed
  const withNull = applyEdits(text, modify(text, ['variants', name], null, { formattingOptions }));
  const tree = parseTree(withNull);
  const place = tree && findNodeAtLocation(tree, ['variants', name]);
  if (place === undefined) return undefined;
  return {
    text: withNull.slice(0, place.offset) + copied + withNull.slice(place.offset + place.length),
    offset: place.offset,
    length: copied.length,
  };
}

/** Blanks before the first key. */
const indentation = (text: string): number => /^( +)"/m.exec(text)?.[1]?.length ?? 2;
