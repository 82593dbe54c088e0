/**
 * @file Regular expressions as Python writes them (PEFT's target_modules, rank_pattern), matched with a time limit.
 * Patterns come from files of others: one that backtracks without end must not hang the process, hence `vm` with its timeout.
 */
import vm from 'node:vm';
import { UserError } from '../contract/errors.ts';

/** No pattern on module names comes near. */
const longestPattern = 4000;
/** For all names together; an honest pattern takes microseconds. */
const millisecondsAllowed = 500;

/** Escapes that mean the same in both languages. */
const sameEscapes = /[dDwWsSbBnrtfv0-9xu^$\\.*+?()[\]{}|/]/;

/**
 * The same expression for JavaScript's `u` mode. Python beside the common core: \A \Z \a, (?P<name>), (?P=name), (?#comment),
 * leading (?i) (?s) (?m), `]` first in a class, {,n}, braces and escaped punctuation that stand for themselves.
 */
export function fromPython(pattern: string): { source: string; flags: string } {
  const leading = /^\(\?([ismua]+)\)/.exec(pattern);
  const flags = `u${[...new Set(leading?.[1] ?? '')].filter((flag) => 'ism'.includes(flag)).join('')}`;
  let rest = pattern.slice(leading?.[0].length ?? 0);
  let source = '';
  let inClass = false;
  while (rest !== '') {
    const [text, length] = inClass ? classPart(rest) : outerPart(rest);
    if (inClass) inClass = rest[0] !== ']';
    else if (rest[0] === '[') inClass = true;
    source += text;
    rest = rest.slice(length);
  }
  return { source, flags };
}

/** Translation of the next piece and how much of the input it was. */
function outerPart(rest: string): [string, number] {
  if (rest[0] === '\\') return escapePart(rest, false);
  const open = /^\[(\^?)(\]?)/.exec(rest);
  if (open) return [`[${open[1]!}${open[2] === ']' ? '\\]' : ''}`, open[0].length];
  const named = /^\(\?P<(\w+)>/.exec(rest);
  if (named) return [`(?<${named[1]!}>`, named[0].length];
  const back = /^\(\?P=(\w+)\)/.exec(rest);
  if (back) return [`\\k<${back[1]!}>`, back[0].length];
  const comment = /^\(\?#[^)]*\)/.exec(rest);
  if (comment) return ['', comment[0].length];
  const upTo = /^\{,(\d+)\}/.exec(rest);
  if (upTo) return [`{0,${upTo[1]!}}`, upTo[0].length];
  const quantifier = /^\{\d+(,\d*)?\}/.exec(rest);
  if (quantifier) return [quantifier[0], quantifier[0].length];
  const first = String.fromCodePoint(rest.codePointAt(0)!);
  return ['{}]'.includes(first) ? `\\${first}` : first, first.length];
}

function classPart(rest: string): [string, number] {
  if (rest[0] === '\\') return escapePart(rest, true);
  const first = String.fromCodePoint(rest.codePointAt(0)!);
  return [first, first.length];
}

function escapePart(rest: string, inClass: boolean): [string, number] {
  const escaped = rest.length < 2 ? '' : String.fromCodePoint(rest.codePointAt(1)!);
  const length = 1 + escaped.length;
  if (escaped === 'A' && !inClass) return ['^', length];
  if ((escaped === 'Z' || escaped === 'z') && !inClass) return ['$', length];
  if (escaped === 'a') return ['\\x07', length];
  const keep =
    sameEscapes.test(escaped) || (inClass && escaped === '-') || /[A-Za-z]/.test(escaped) || escaped === '';
  return [keep ? `\\${escaped}` : escaped, length];
}

/**
 * Which texts the whole pattern matches (Python's re.fullmatch).
 * Throws `pattern-invalid` for what JavaScript can't compile and `pattern-slow` past the time limit.
 */
export function fullMatches(pattern: string, texts: readonly string[]): boolean[] {
  return run(pattern, 'full', texts);
}

/** Which texts a key of rank_pattern or alpha_pattern matches: `(.*\.)?(key)$` from the beginning. Throws like `fullMatches`. */
export function suffixMatches(key: string, texts: readonly string[]): boolean[] {
  return run(key, 'suffix', texts);
}

/** Value of the first pattern in order that matches each path, `otherwise` where none does. Throws like `fullMatches`. */
export function patternValues(
  patterns: Readonly<Record<string, number>>,
  paths: readonly string[],
  otherwise: number,
): number[] {
  const values = paths.map((): number | undefined => undefined);
  for (const [key, value] of Object.entries(patterns)) {
    const matches = suffixMatches(key, paths);
    for (let i = 0; i < paths.length; i++) if (matches[i] === true) values[i] ??= value;
  }
  return values.map((value) => value ?? otherwise);
}

let context: vm.Context | undefined;
const script = new vm.Script('texts.map((text) => expression.test(text))');

function run(pattern: string, mode: 'full' | 'suffix', texts: readonly string[]): boolean[] {
  const shown = JSON.stringify(pattern.slice(0, 120));
  if (pattern.length > longestPattern)
    throw new UserError(
      'pattern-invalid',
      `A pattern has at most ${longestPattern} characters; this one has ${pattern.length}.`,
    );
  // names without any operator are the usual case
  if (/^\w+$/.test(pattern))
    return texts.map((text) => text === pattern || (mode === 'suffix' && text.endsWith(`.${pattern}`)));
  let expression: RegExp;
  try {
    const { source, flags } = fromPython(pattern);
    expression = new RegExp(`^${mode === 'suffix' ? '(?:.*\\.)?' : ''}(?:${source})$`, flags);
    // alone too, so that an unbalanced ")" can't close the wrapper
    new RegExp(source, flags);
  } catch (error) {
    throw new UserError('pattern-invalid', `${shown} is no regular expression: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
  context ??= vm.createContext(Object.create(null) as object);
  Object.assign(context, { expression, texts });
  try {
    return [...(script.runInContext(context, { timeout: millisecondsAllowed }) as boolean[])];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new UserError('pattern-slow', `${shown} takes too long on ${texts.length} module names.`, {
      hint: 'Nested repetitions such as (a+)+ do that: write it without them, or list the names.',
      cause: error,
    });
  }
}

/** V8 says `Invalid regular expression: /.../u: Unterminated group`. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/^.*: /, '') : String(error);
