/** @file Text of a config file -> values with their places, and what is wrong with it as JSON. All mistakes are collected. */
import { createScanner, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import type { Diagnostic } from '../contract/diagnostic.ts';
import { typed } from './edits.ts';
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
const lineComment = 12;
const endOfFile = 17;
/** Its scan errors: a comment, a string that the end of the text breaks off. */
const openComment = 1;
const openString = 2;

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
      fixes:
        source.length > largestMended || errors.length > mostSyntaxErrors
          ? []
          : syntaxFixes(kind, source, error).filter(mending(source, errors, error)),
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

/** A slip in a longer text is told, not mended, as are many at once: each fix is tried on the whole. */
const largestMended = 1 << 16;

/** Whether the text has fewer mistakes with a fix, of this kind and in all. */
const mending = (text: string, before: readonly ParseError[], { error }: ParseError) => {
  const alike = (errors: readonly ParseError[]): number => errors.filter((one) => one.error === error).length;
  return ({ changes: [change] }: ProposedFix): boolean => {
    if (change?.kind !== 'type') return false;
    const after: ParseError[] = [];
    parseTree(typed(text, change), after, { allowTrailingComma: true });
    return after.length < before.length && alike(after) < alike(before);
  };
};

/** What the usual slips of the hand need: a comma, quotes, what closes the file. */
function syntaxFixes(kind: string, text: string, { offset, length }: ParseError): readonly ProposedFix[] {
  if (kind === 'CommaExpected')
    return [fix('Insert a comma', { kind: 'type', offset, length: 0, text: ',' })];
  const word = text.slice(offset, offset + length);
  if (kind === 'InvalidSymbol' && /^[\w$.-]+$/.test(word)) {
    // the quote behind it is there already
    const quoted = text[offset + length] === '"' ? `"${word}` : JSON.stringify(word);
    return [fix('Put it in double quotes', { kind: 'type', offset, length, text: quoted })];
  }
  if (kind !== 'CloseBraceExpected' && kind !== 'CloseBracketExpected') return [];
  return [fix('Close what is open', { kind: 'type', ...closing(text) })];
}

/** What closes the text: a string or comment that it breaks off in, then the brackets, the innermost first. */
function closing(text: string): { readonly offset: number; readonly length: number; readonly text: string } {
  const scanner = createScanner(text, false);
  const waiting: string[] = [];
  let last: number = endOfFile;
  let error = 0;
  for (let token: number = scanner.scan(); token !== endOfFile; token = scanner.scan()) {
    if (open.has(token)) waiting.push(token === openBrace ? '}' : ']');
    if (close.has(token)) waiting.pop();
    last = token;
    error = scanner.getTokenError();
  }
  const brackets = waiting.reverse().join('');
  const isOpen = last === lineComment || error === openString || error === openComment;
  const before = last === lineComment ? '\n' : error === openString ? '"' : error === openComment ? '*/' : '';
  return { offset: isOpen ? text.length : text.trimEnd().length, length: 0, text: before + brackets };
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
