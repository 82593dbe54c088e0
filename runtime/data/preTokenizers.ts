/**
 * @file Rewrites the pre-tokenizer part of tokenizer.json into the pieces that @huggingface/tokenizers computes exactly as
 * the Rust original does, and refuses what it can't. Why: the library's own ByteLevel, Digits, Whitespace and Punctuation use
 * JavaScript's `\s`, `\d` and `\w` (U+0085 and non-ASCII digits and letters come out differently), and its Split treats every
 * behaviour as Isolated. Its Split with a regular expression translates the pattern faithfully, so all go through that.
 */
import { UserError } from '../contract/errors.ts';
import { isObject } from './smallFile.ts';
import type { JsonObject } from './smallFile.ts';

/** The pattern of GPT-2 (openai/gpt-2, encoder.py), which ByteLevel applies when `use_regex` is set. */
export const gpt2Pattern =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** Rust's `is_punctuation`: ASCII punctuation and Unicode's P categories. */
const punctuation = '[\\p{P}\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E]';

/** What `\w` means to Rust's regular expressions. */
export const wordCharacters = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';

const largestPattern = 20_000;
const deepest = 8;

export function unsupported(what: string, file: string): UserError {
  return new UserError('tokenizer-unsupported', `has a tokenizer with ${what}, which isn't supported.`, {
    place: { file },
    hint: 'Use the tokenizer.json that the model was published with, or tokenise the data beforehand (input_ids, labels).',
  });
}

export function damaged(what: string, file: string): UserError {
  return new UserError('tokenizer-damaged', `is not a usable tokenizer: ${what}.`, {
    place: { file },
    hint: 'Copy the file again from where the model came from.',
  });
}

export function splitIsolated(regex: string): JsonObject {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false };
}

const splitMatches = (regex: string): JsonObject => ({
  type: 'Split',
  pattern: { Regex: regex },
  behavior: 'Removed',
  invert: true,
});

const sequence = (...pretokenizers: JsonObject[]): JsonObject =>
  pretokenizers.length === 1 ? pretokenizers[0]! : { type: 'Sequence', pretokenizers };

type Rewrite = (config: JsonObject, file: string) => JsonObject;

const rewrites: Readonly<Record<string, Rewrite>> = {
  ByteLevel: rewriteByteLevel,
  Metaspace: rewriteMetaspace,
  Split: rewriteSplit,
  Digits: (config) => splitIsolated(config['individual_digits'] === true ? '\\p{N}' : '\\p{N}+'),
  Whitespace: () => splitMatches(`[${wordCharacters}]+|[^${wordCharacters}\\s]+`),
  WhitespaceSplit: () => splitMatches('\\S+'),
  Punctuation: (config, file) =>
    rewriteSplit({ pattern: { Regex: punctuation }, behavior: config['behavior'] ?? 'Isolated' }, file),
  BertPreTokenizer: () => sequence(splitMatches('\\S+'), splitIsolated(punctuation)),
  CharDelimiterSplit: ({ delimiter }, file) =>
    rewriteSplit({ pattern: { String: delimiter }, behavior: 'Removed' }, file),
};

/** Throws `tokenizer-unsupported` or `tokenizer-damaged`. */
export function rewritePreTokenizer(config: unknown, file: string, depth = 0): JsonObject | null {
  if (config === null || config === undefined) return null;
  if (!isObject(config) || depth > deepest) throw damaged('its pre_tokenizer is malformed', file);
  const type = config['type'];
  if (type === 'Sequence') {
    const parts = config['pretokenizers'];
    if (!Array.isArray(parts) || parts.length > 64) throw damaged('its pre_tokenizer is malformed', file);
    const rewritten = parts
      .map((part) => rewritePreTokenizer(part, file, depth + 1))
      .filter((part) => part !== null);
    // Only the piece at the start of the text counts as first; the library would take all pieces of the section.
    if (rewritten.slice(1).some((part) => JSON.stringify(part).includes(prependsFirst)))
      throw unsupported('a Metaspace that looks for the first piece behind another pre-tokenizer', file);
    return { type, pretokenizers: rewritten };
  }
  const rewrite = typeof type === 'string' && Object.hasOwn(rewrites, type) ? rewrites[type] : undefined;
  if (rewrite === undefined) throw unsupported(`the pre-tokenizer ${JSON.stringify(type)}`, file);
  return rewrite(config, file);
}

function rewriteByteLevel(config: JsonObject): JsonObject {
  // A space goes in front of each piece that has none, before the pattern sees it.
  const prefix =
    config['add_prefix_space'] === true
      ? [{ type: 'Metaspace', replacement: ' ', str_rep: ' ', prepend_scheme: 'always' }]
      : [];
  const split = config['use_regex'] === false ? [] : [splitIsolated(gpt2Pattern)];
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };
  return sequence(...prefix, ...split, bytes);
}

function rewriteMetaspace(config: JsonObject, file: string): JsonObject {
  const replacement = config['replacement'] ?? '▁';
  // Older files say add_prefix_space instead of prepend_scheme.
  const scheme = config['prepend_scheme'] ?? (config['add_prefix_space'] === false ? 'never' : 'always');
  if (typeof replacement !== 'string' || !['always', 'first', 'never'].includes(scheme as string))
    throw damaged('its Metaspace pre-tokenizer is malformed', file);
  const metaspace = { type: 'Metaspace', replacement, str_rep: replacement, prepend_scheme: scheme };
  // `split` cuts in front of each replacement character; the library never splits here.
  if (config['split'] === false) return metaspace;
  const mark = escapeRegex(replacement);
  return sequence(metaspace, splitIsolated(`(?=${mark})`));
}

/** How a rewritten Metaspace of the scheme "first" reads as JSON. */
export const prependsFirst = '"prepend_scheme":"first"';

const escapeRegex = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function rewriteSplit(config: JsonObject, file: string): JsonObject {
  const pattern = checkPattern(config['pattern'], file);
  const inverted = config['invert'] === true;
  switch (config['behavior']) {
    case 'Isolated':
      return splitIsolated(pattern);
    case 'Removed':
      return inverted
        ? splitMatches(pattern)
        : {
            type: 'Split',
            pattern: { Regex: uncaptured(pattern, file) },
            behavior: 'Removed',
            invert: false,
          };
    case 'Contiguous':
      return splitIsolated(`(?:${pattern})+`);
    case 'MergedWithPrevious':
      return splitBeside(config, inverted ? 'before' : 'after', file);
    case 'MergedWithNext':
      return splitBeside(config, inverted ? 'after' : 'before', file);
    default:
      throw unsupported(`the split behaviour "${String(config['behavior'])}"`, file);
  }
}

/** Cuts before or after each occurrence of one character: what the merging behaviours come to, in linear time. */
function splitBeside(config: JsonObject, side: 'before' | 'after', file: string): JsonObject {
  const pattern = config['pattern'];
  const text = isObject(pattern) ? pattern['String'] : undefined;
  if (typeof text !== 'string' || !/^.$/su.test(text))
    throw unsupported(`the split behaviour "${String(config['behavior'])}" on more than one character`, file);
  return splitIsolated(side === 'after' ? `(?<=${escapeRegex(text)})` : `(?=${escapeRegex(text)})`);
}

/** `{Regex}` or `{String}` as a regular expression; one that could take exponential time is refused. */
export function checkPattern(pattern: unknown, file: string): string {
  const source = isObject(pattern)
    ? (pattern['Regex'] ??
      (typeof pattern['String'] === 'string' ? escapeRegex(pattern['String']) : undefined))
    : undefined;
  if (typeof source !== 'string' || source === '' || source.length > largestPattern)
    throw damaged('a split pattern is missing, empty or too long', file);
  if (nestsUnboundedRepeats(source)) throw unsupported(`the pattern ${source}`, file);
  // Flags at the start hold for the whole pattern; within it only groups can have them here.
  const flagged = /^\(\?i\)/.test(source) ? `(?i:${source.slice(4)})` : source;
  if (/(?<!\\)\(\?[a-z-]+\)/.test(flagged)) throw unsupported(`the pattern ${source}`, file);
  return flagged;
}

/** JavaScript's `split` would hand out what groups hold. */
function uncaptured(source: string, file: string): string {
  let out = '';
  for (let i = 0; i < source.length; i++) {
    const start = i;
    if (source[i] === '\\') i += 1;
    else if (source[i] === '[') i = classEnd(source, i);
    else if (source[i] === '(' && source[i + 1] !== '?') {
      out += '(?:';
      continue;
    }
    const part = source.slice(start, i + 1);
    if (/^\\[1-9k]/.test(part) || (part === '(' && /^\?<\w|^\?'/.test(source.slice(i + 1))))
      throw unsupported(`the pattern ${source}`, file);
    out += part;
  }
  return out;
}

/** True for `(a+)+`, `(a|b)+` and their like: matching time could double with each character of the text. */
function nestsUnboundedRepeats(source: string): boolean {
  const groups: boolean[] = [false];
  let closed = false;
  for (let i = 0; i < source.length; i++) {
    const char = source[i]!;
    const afterGroup = closed;
    closed = false;
    if (char === '\\') i += 1;
    else if (char === '[') i = classEnd(source, i);
    else if (char === '(') groups.push(false);
    else if (char === ')' && groups.length > 1) {
      const inner = groups.pop()!;
      groups[groups.length - 1] ||= inner;
      closed = inner;
    } else if (char === '|') groups[groups.length - 1] = true;
    else if (char === '*' || char === '+' || /^\{\d*,\}/.test(source.slice(i, i + 8))) {
      if (afterGroup) return true;
      groups[groups.length - 1] = true;
    }
  }
  return false;
}

function classEnd(source: string, start: number): number {
  let depth = 0;
  for (let i = start; i < source.length; i++) {
    const char = source[i];
    if (char === '\\') i += 1;
    else if (char === '[') depth += 1;
    else if (char === ']' && i > start + 1 && --depth === 0) return i;
  }
  return source.length;
}
