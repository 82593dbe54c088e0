/** @file What stands at a place of a config's text: its path, and the view (file or variant) that it belongs to. */
import { getLocation } from 'jsonc-parser';
import type { TextRange } from '../contract/diagnostic.ts';
import { largestText } from './parse.ts';
import { rangeFinder } from './ranges.ts';

export interface TextContext {
  /** Keys and indices from the top of the view: a variant's own name is left out. */
  readonly path: readonly (string | number)[];
  readonly variant?: string;
  /** The place is a key, not a value. */
  readonly isKey: boolean;
  /** The value or key there; empty where there is none yet. */
  readonly range: TextRange;
}

/** Undefined in a text that is too large to be a config. */
export function contextAt(text: string, offset: number): TextContext | undefined {
  if (text.length > largestText) return undefined;
  const { path, previousNode, isAtPropertyKey } = getLocation(text, offset);
  const range = rangeFinder(text);
  const inVariant = path[0] === 'variants' && typeof path[1] === 'string' && path.length > 2;
  return {
    path: inVariant ? path.slice(2) : path,
    ...(inVariant ? { variant: path[1] as string } : {}),
    isKey: isAtPropertyKey,
    range: previousNode === undefined ? range(offset, 0) : range(previousNode.offset, previousNode.length),
  };
}
