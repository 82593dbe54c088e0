/** @file The part of @huggingface/jinja in use, typed here: its own declarations can't be resolved under `nodenext`. */
import * as library from '@huggingface/jinja';
import { pythonText } from './pythonText.ts';
import type { TemplateValue } from './pythonText.ts';

/** A parsed template. */
export interface Program {
  readonly type: string;
}

declare class LibraryInterpreter {
  run(program: Program): TemplateValue;
  evaluate(statement: Program, environment: object): TemplateValue;
  evaluateBlock(statements: readonly Program[], environment: object): TemplateValue;
}

interface Library {
  readonly tokenize: (source: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }) => object;
  readonly parse: (tokens: object) => Program;
  readonly Environment: new () => { set(name: string, value: unknown): unknown };
  readonly Interpreter: new (environment: object) => LibraryInterpreter;
}

const { tokenize, parse, Environment, Interpreter } = library as unknown as Library;

/** Statements whose value is nothing to write. */
const silent = new Set(['Set', 'Macro', 'Comment', 'Break', 'Continue']);

/** What one rendering may take: templates come from files of others, and may loop or grow without end. */
const mostSteps = 5_000_000;
const longestText = 1 << 26;
const longestList = 1 << 21;

/** The library writes values as JavaScript does (true, null, {"a": 1}) and sets no limits. */
class PythonInterpreter extends Interpreter {
  #steps = 0;
  #written = 0;

  override evaluate(statement: Program, environment: object): TemplateValue {
    const value = super.evaluate(statement, environment);
    const size = (value.value as { length?: number } | null | undefined)?.length ?? 0;
    if (++this.#steps > mostSteps) throw new Error('it does not come to an end');
    if (size > (typeof value.value === 'string' ? longestText : longestList))
      throw new Error('it writes too much');
    return value;
  }

  override evaluateBlock(statements: readonly Program[], environment: object): TemplateValue {
    let text = '';
    for (const statement of statements) {
      const value = this.evaluate(statement, environment);
      if (!silent.has(statement.type) && value.type !== 'UndefinedValue') text += pythonText(value);
    }
    // Blocks in blocks count more than once.
    this.#written += text.length;
    if (this.#written > 4 * longestText) throw new Error('it writes too much');
    return this.evaluate({ type: 'StringLiteral', value: text } as Program, environment);
  }
}

/** With the whitespace rules that transformers sets. Throws the library's errors on bad syntax. */
export function parseTemplate(source: string): Program {
  // The library's search for generation tags takes the square of a run of blanks.
  if (/\s{1000}/.test(source)) throw new Error('it has a thousand blanks in a row');
  const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  callStripFunctions(program);
  return program;
}

interface Node {
  type: string;
  callee?: Node;
  args?: Node[];
  readonly filter?: Node;
  readonly operand?: Node;
  readonly object?: Node;
  readonly property?: Node;
  readonly computed?: boolean;
  value?: unknown;
}

/** What Python's `strip` takes away: JavaScript's `trim` takes U+FEFF too, and leaves some control characters. */
const pythonSpace =
  '\t\n\v\f\r\x1C\x1D\x1E\x1F \x85\xA0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000';

/** Python's `lstrip`, `rstrip` and `strip`, with the characters to strip or without, and Jinja's filter `trim`. */
const stripFunctions: Readonly<Record<string, (text: unknown, characters?: unknown) => string>> = {
  lstrip: (text, characters) => stripped(text, characters, true, false),
  rstrip: (text, characters) => stripped(text, characters, false, true),
  strip: (text, characters) => stripped(text, characters, true, true),
};

function stripped(text: unknown, written: unknown, left: boolean, right: boolean): string {
  const characters = written ?? pythonSpace;
  if (typeof text !== 'string' || typeof characters !== 'string') throw new Error('strip takes texts');
  let start = 0;
  let end = text.length;
  while (left && start < end && characters.includes(text[start]!)) start += 1;
  while (right && end > start && characters.includes(text[end - 1]!)) end -= 1;
  return text.slice(start, end);
}

/**
 * The library's strip methods ignore their argument, so that `content.lstrip('\n')` (Qwen3's template) also takes spaces, and
 * trim as JavaScript does. Calls of them become calls of the functions above.
 */
function callStripFunctions(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  for (const part of Object.values(node)) callStripFunctions(part);
  const call = node as Node;
  if (call.type === 'FilterExpression') callTrim(call);
  else if (call.type === 'CallExpression') callStrip(call);
}

/** `text.strip()` and `text.strip(characters)`. */
function callStrip(call: Node): void {
  const { callee, args = [] } = call;
  const name = callee?.property?.value;
  if (callee?.object === undefined || callee.computed === true || args.length > 1) return;
  if (typeof name !== 'string' || !Object.hasOwn(stripFunctions, name)) return;
  call.args = [callee.object, ...args];
  call.callee = { type: 'Identifier', value: functionName(name) };
}

/** `text | trim` and `text | trim(characters)`. */
function callTrim(node: Node): void {
  const { filter, operand } = node;
  const args = filter?.type === 'CallExpression' ? (filter.args ?? []) : [];
  const name = filter?.type === 'CallExpression' ? filter.callee?.value : filter?.value;
  if (name !== 'trim' || operand === undefined) return;
  node.type = 'CallExpression';
  node.callee = { type: 'Identifier', value: functionName('strip') };
  node.args = [operand, ...args];
}

/** No template can write this name. */
const functionName = (method: string): string => `Python's ${method}`;

/** `globals` is all the template sees. Throws the library's errors, and whatever a function among them throws. */
export function runTemplate(program: Program, globals: Readonly<Record<string, unknown>>): string {
  const environment = new Environment();
  for (const [name, value] of Object.entries(globals)) environment.set(name, value);
  for (const [name, strip] of Object.entries(stripFunctions)) environment.set(functionName(name), strip);
  return String(new PythonInterpreter(environment).run(program).value);
}
