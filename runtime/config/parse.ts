/** @file Text of a config file -> values with their places, and what is wrong with it as JSON. All mistakes are collected. */
import { createScanner, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import type { Diagnostic } from '../contract/diagnostic.ts';
import type { ProposedFix } from './edits.ts';
import { fix, placer } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Located, LocatedEntry, LocatedObject, Origin } from './located.ts';
import { rangeFinder } from './ranges.ts';

/** Far above any experiment; a dataset opened by mistake is not parsed. In UTF-16 units. */
export const largestText = 1 << 20;
/** The parser recurses; configs need five levels. */
const deepest = 64;
/** Mistakes beyond these follow from the first ones. */
const mostSyntaxErrors = 20;

/** jsonc-parser's token numbers (its enum exists at compile time only). */
const open = new Set<number>([1, 3]);
const close = new Set<number>([2, 4]);
const openBrace = 1;
const endOfFile = 17;

export interface Parsed {
  /** Undefined where the text holds no object. */
  readonly root: LocatedObject | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads comments and trailing commas too. Never throws. */
export function parseText(text: string): Parsed {
  const range = rangeFinder(text);
  // a byte order mark is no part of the JSON; a blank keeps the offsets
  const source = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
  const refuse = (code: string, message: string, offset = 0, hint?: string): Parsed => ({
    root: undefined,
    diagnostics: [
      { severity: 'error', code, message, range: range(offset, 1), ...(hint === undefined ? {} : { hint }) },
    ],
  });
  if (text.length > largestText)
    return refuse(
      'config-too-large',
      `A config has at most ${largestText} characters; this text has ${text.length}.`,
    );
  const tooDeep = depthExceeded(source);
  if (tooDeep !== undefined)
    return refuse('nesting', `Values are nested deeper than ${deepest} levels.`, tooDeep);
  const errors: ParseError[] = [];
  const tree = parseTree(source, errors, { allowTrailingComma: true });
  const place = placer(text);
  const diagnostics = errors.slice(0, mostSyntaxErrors).map((error): Diagnostic => {
    const kind = printParseErrorCode(error.error);
    return place({
      severity: 'error',
      code: 'not-json',
      message: syntaxMessages[kind] ?? 'This is not JSON.',
      // what is missing at the end is shown at the last character
      at: { offset: Math.min(error.offset, text.length - 1), length: Math.max(1, error.length) },
      fixes: syntaxFixes(kind, source, error),
    });
  });
  if (tree?.type !== 'object') {
    const hint = 'It begins with { and names at least "base" and "data".';
    return diagnostics.length > 0 && tree !== undefined
      ? { root: undefined, diagnostics }
      : refuse('not-json', 'A config is a JSON object.', tree?.offset ?? 0, hint);
  }
  const found: Diagnostic[] = [...diagnostics];
  const root = fromNode(tree, (key, first) => {
    const [firstAt, at] = [first, key].map(({ offset, length }) => ({ offset, length }));
    const finding: Finding = {
      severity: 'error',
      code: 'duplicate-key',
      message: `"${String(key.value)}" stands here twice; the first is on line ${range(first.offset, 0).line}.`,
      hint: 'Keep one of them.',
      at: at!,
      fixes: [fix('Remove the first one', { kind: 'remove', at: firstAt! })],
      related: [{ message: 'The first one', at: firstAt! }],
    };
    found.push(place(finding));
  });
  return { root: root as LocatedObject, diagnostics: found };
}

/** What jsonc-parser's errors mean, by their names. */
export const syntaxMessages: Readonly<Record<string, string>> = {
  InvalidSymbol: 'This is neither a value nor a key: strings need double quotes.',
  InvalidNumberFormat: 'This is no number as JSON writes it.',
  PropertyNameExpected: 'A key in double quotes is expected here.',
  ValueExpected: 'A value is expected here.',
  ColonExpected: 'A colon is expected between key and value.',
  CommaExpected: 'A comma is missing before this.',
  CloseBraceExpected: 'A closing } is missing.',
  CloseBracketExpected: 'A closing ] is missing.',
  EndOfFileExpected: 'The object has ended before this.',
  UnexpectedEndOfComment: 'The comment is not closed.',
  UnexpectedEndOfString: 'The string is not closed on its line.',
  UnexpectedEndOfNumber: 'The number breaks off.',
  InvalidUnicode: 'After \\u four hexadecimal digits are expected.',
  InvalidEscapeCharacter: 'JSON knows no such escape; a backslash itself is written \\\\.',
  InvalidCharacter: 'Control characters in a string are written as escapes, such as \\n or \\t.',
};

/** What the usual slips of the hand need: a comma, quotes, what closes the file. */
function syntaxFixes(kind: string, text: string, { offset, length }: ParseError): readonly ProposedFix[] {
  if (kind === 'CommaExpected')
    return [fix('Insert a comma', { kind: 'type', offset, length: 0, text: ',' })];
  const word = text.slice(offset, offset + length);
  if (kind === 'InvalidSymbol' && /^[\w$.-]+$/.test(word))
    return [fix('Put it in double quotes', { kind: 'type', offset, length, text: JSON.stringify(word) })];
  if (kind !== 'CloseBraceExpected' && kind !== 'CloseBracketExpected') return [];
  const end = text.trimEnd().length;
  return [fix('Close what is open', { kind: 'type', offset: end, length: 0, text: missingClosers(text) })];
}

/** The brackets that are open at the end, the innermost closed first. */
function missingClosers(text: string): string {
  const scanner = createScanner(text, true);
  const waiting: string[] = [];
  for (let token: number = scanner.scan(); token !== endOfFile; token = scanner.scan()) {
    if (open.has(token)) waiting.push(token === openBrace ? '}' : ']');
    if (close.has(token)) waiting.pop();
  }
  return waiting.reverse().join('');
}

/** Offset where the nesting passes the limit. The scanner doesn't recurse. */
function depthExceeded(text: string): number | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let token: number = scanner.scan(); token !== endOfFile; token = scanner.scan()) {
    if (open.has(token) && ++depth > deepest) return scanner.getTokenOffset();
    if (close.has(token)) depth--;
  }
  return undefined;
}

/** Parse trees of broken text lack values; what is missing is left out. The last of two equal keys wins, as in JSON.parse. */
function fromNode(node: Node, duplicate: (key: Node, first: Node) => void): Located {
  const at: Origin = { offset: node.offset, length: node.length };
  if (node.type === 'array')
    return { kind: 'list', items: (node.children ?? []).map((child) => fromNode(child, duplicate)), at };
  if (node.type !== 'object')
    return { kind: 'scalar', value: node.value as string | number | boolean | null, at };
  const entries = new Map<string, LocatedEntry>();
  const seen = new Map<string, Node>();
  for (const { children } of node.children ?? []) {
    const [key, value] = children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    const first = seen.get(name);
    if (first === undefined) seen.set(name, key);
    else duplicate(key, first);
    entries.set(name, { key: { offset: key.offset, length: key.length }, value: fromNode(value, duplicate) });
  }
  return { kind: 'object', entries, at };
}
