/** @file Where a key of a config stands in its text. Pure. */
import { findNodeAtLocation, parseTree } from 'jsonc-parser';

/** UTF-16 units from the text's start. */
export interface KeyPlace {
  readonly offset: number;
  readonly length: number;
}

/**
 * The value of `training.learningRate` in the variant, else in the config, else of the section or the whole text in which it would
 * stand. Undefined for a text that is no JSON at all.
 */
export function keyPlace(text: string, key: string, variant: string | undefined): KeyPlace | undefined {
  const tree = parseTree(text, undefined, { allowTrailingComma: true });
  if (tree === undefined) return undefined;
  const path = key.split('.');
  const roots = variant === undefined ? [[]] : [['variants', variant], []];
  for (let length = path.length; length > 0; length--)
    for (const root of roots) {
      const found = findNodeAtLocation(tree, [...root, ...path.slice(0, length)]);
      if (found !== undefined) return found;
    }
  return tree;
}
