/** @file What a quick fix changes, said as what should be; here it becomes one edit of the text, comments and layout kept. */
import {
  applyEdits,
  findNodeAtLocation,
  findNodeAtOffset,
  getNodePath,
  getNodeValue,
  modify,
  parseTree,
} from 'jsonc-parser';
import type { JSONPath, Node } from 'jsonc-parser';
import type { Fix } from '../contract/diagnostic.ts';
import type { Origin } from './located.ts';

/** `at` is the place of a value, a key or a list's item in the text. */
export type Change =
  /** Takes the entry or item out, its comma with it. */
  | { readonly kind: 'remove'; readonly at: Origin }
  /** Writes another value (or key) there. */
  | { readonly kind: 'set'; readonly at: Origin; readonly value: unknown }
  /** Writes a value under a path of the config, in the variant that holds `at` where one does. */
  | { readonly kind: 'put'; readonly at: Origin; readonly path: readonly string[]; readonly value: unknown }
  /** Takes the entry out and writes its value under another path, in the same variant. */
  | { readonly kind: 'move'; readonly at: Origin; readonly path: readonly string[] }
  /** Text as it stands, for texts that are no JSON yet. */
  | ({ readonly kind: 'type' } & Typed);

interface Typed {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

export interface ProposedFix {
  readonly title: string;
  readonly changes: readonly Change[];
}

/** A change with its place as a path, which stays right while others are made. */
type Step = (text: string) => string;

/** Turns changes of one text into edits; the text is parsed once, when the first fix needs it. */
export function editor(text: string): (fix: ProposedFix) => Fix | undefined {
  let tree: Node | undefined;
  const nodeAt = (at: Origin): Node | undefined => {
    tree ??= parseTree(text, [], { allowTrailingComma: true });
    return tree === undefined || 'set' in at ? undefined : findNodeAtOffset(tree, at.offset);
  };
  return ({ title, changes }) => {
    const steps = changes.map((change) => stepOf(change, nodeAt));
    if (steps.some((step) => step === undefined)) return undefined;
    const result = steps.reduce<string>((now, step) => step!(now), text);
    return { title, edits: [difference(text, result)] };
  };
}

export const typed = (text: string, { offset, length, text: by }: Typed): string =>
  text.slice(0, offset) + by + text.slice(offset + length);

function stepOf(change: Change, nodeAt: (at: Origin) => Node | undefined): Step | undefined {
  if (change.kind === 'type') return (text) => typed(text, change);
  const node = nodeAt(change.at);
  if (node === undefined) return undefined;
  const path = getNodePath(node);
  const view = path[0] === 'variants' && path.length > 1 ? path.slice(0, 2) : [];
  switch (change.kind) {
    case 'remove':
      return (text) => without(text, path);
    case 'set': {
      const { offset, length } = node;
      const written = JSON.stringify(change.value);
      return (text) => text.slice(0, offset) + written + text.slice(offset + length);
    }
    case 'put': {
      const to = [...view, ...change.path];
      return canHold(node, to) ? (text) => write(text, to, change.value) : undefined;
    }
    case 'move': {
      const value: unknown = getNodeValue(
        node.parent?.type === 'property' ? node.parent.children![1]! : node,
      );
      const to = [...view, ...change.path];
      return canHold(node, to) ? (text) => write(without(text, path), to, value) : undefined;
    }
  }
}

/** Each section on the way is an object or not there yet: what stands in its place otherwise is another mistake. */
function canHold(node: Node, path: JSONPath): boolean {
  let root = node;
  while (root.parent !== undefined) root = root.parent;
  return path.slice(0, -1).every((_, depth) => {
    const section = findNodeAtLocation(root, path.slice(0, depth + 1));
    return section === undefined || section.type === 'object';
  });
}

/** Takes an entry or item out with one of its commas: the one before it, else the one behind it. */
function without(text: string, path: JSONPath): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const value = root === undefined ? undefined : findNodeAtLocation(root, path);
  const node = value?.parent?.type === 'property' ? value.parent : value;
  const siblings = node?.parent?.children;
  if (node === undefined || siblings === undefined) return text;
  const index = siblings.indexOf(node);
  const [before, after] = [siblings[index - 1], siblings[index + 1]];
  const begin = before === undefined ? node.offset : before.offset + before.length;
  const end = before === undefined && after !== undefined ? after.offset : node.offset + node.length;
  return text.slice(0, begin) + text.slice(end);
}

function write(text: string, path: JSONPath, value: unknown): string {
  const formattingOptions = { insertSpaces: true, tabSize: 2, eol: text.includes('\r\n') ? '\r\n' : '\n' };
  return applyEdits(text, modify(text, path, value, { formattingOptions }));
}

/** The one edit that makes `to` of `from`: what is equal at both ends is left alone. */
export function difference(from: string, to: string): Fix['edits'][number] {
  const most = Math.min(from.length, to.length);
  let begin = 0;
  while (begin < most && from[begin] === to[begin]) begin++;
  let end = 0;
  while (end < most - begin && from[from.length - 1 - end] === to[to.length - 1 - end]) end++;
  return { offset: begin, length: from.length - begin - end, text: to.slice(begin, to.length - end) };
}
