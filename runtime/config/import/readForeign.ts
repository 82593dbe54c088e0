/** @file Reads YAML or JSON that another tool wrote: plain values only, refused where it is hostile. */
import { parse, printParseErrorCode } from 'jsonc-parser';
import type { ParseError } from 'jsonc-parser';
import { LineCounter, parseDocument } from 'yaml';
import { UserError } from '../../contract/errors.ts';
import { syntaxMessages } from '../parse.ts';
import { rangeFinder } from '../ranges.ts';
import { isSection } from './mapping.ts';
import type { Values } from './mapping.ts';

/** A config of these tools has a few kilobytes. */
const largest = 1 << 20;
/** Levels of brackets or of indentation. */
const deepest = 64;
/** An anchor that is named more often is a bomb. */
const mostAliases = 100;

const refuse = (path: string, message: string, line?: number): UserError =>
  new UserError('import-unreadable', message, {
    place: { file: path, ...(line === undefined ? {} : { line }) },
  });

/** The file's keys and values. Throws `import-unreadable`. */
export function readForeign(path: string, text: string): Values {
  if (text.length > largest)
    throw refuse(path, `has ${text.length} characters; a config has at most ${largest}.`);
  if (nesting(text) > deepest) throw refuse(path, `is nested deeper than ${deepest} levels.`);
  const value: unknown =
    /^\uFEFF?\s*[{[]/.test(text) && path.toLowerCase().endsWith('.json')
      ? readJson(path, text)
      : readYaml(path, text);
  if (!isSection(value)) throw refuse(path, 'holds no keys with values.');
  return value;
}

/** Open brackets at once, and steps of indentation: both make a parser recurse. */
function nesting(text: string): number {
  let [open, most] = [0, 0];
  for (const char of text) {
    if (char === '[' || char === '{') most = Math.max(most, ++open);
    else if (char === ']' || char === '}') open--;
  }
  for (const [, blanks] of text.matchAll(/^([ -]*)\S/gm)) {
    const dashes = blanks!.replaceAll(' ', '').length;
    most = Math.max(most, dashes);
  }
  return most;
}

/** Comments and a comma too many are let pass; the parser would make a whole of anything else, so its complaints are read. */
function readJson(path: string, text: string): unknown {
  const errors: ParseError[] = [];
  // a byte order mark is no part of the JSON; a blank keeps the offsets
  const value: unknown = parse(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true });
  const [problem] = errors;
  if (problem === undefined) return value;
  const { line } = rangeFinder(text)(problem.offset, 0);
  const message = syntaxMessages[printParseErrorCode(problem.error)] ?? 'This is not JSON.';
  throw refuse(path, `is not whole JSON: ${message}`, line);
}

function readYaml(path: string, text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    merge: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const { line } = lines.linePos(problem.pos[0]);
    throw refuse(path, `is not plain YAML: ${problem.message.split('\n', 1)[0]!}`, line);
  }
  try {
    return document.toJS({ maxAliasCount: mostAliases }) as unknown;
  } catch (error) {
    throw refuse(path, `is not plain YAML: ${(error as Error).message}`);
  }
}
