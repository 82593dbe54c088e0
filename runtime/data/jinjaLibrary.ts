/** @file The part of @huggingface/jinja in use, typed here: its own declarations can't be resolved under `nodenext`. */
import * as library from '@huggingface/jinja';

/** A parsed template. */
export interface Program {
  readonly type: string;
}

interface Library {
  readonly tokenize: (source: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }) => object;
  readonly parse: (tokens: object) => Program;
  readonly Environment: new () => { set(name: string, value: unknown): unknown };
  readonly Interpreter: new (environment: object) => { run(program: Program): { value: unknown } };
}

const { tokenize, parse, Environment, Interpreter } = library as unknown as Library;

/** With the whitespace rules that transformers sets. Throws the library's errors on bad syntax. */
export function parseTemplate(source: string): Program {
  const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  callStripFunctions(program);
  return program;
}

interface Node {
  readonly type: string;
  callee?: Node;
  args?: Node[];
  readonly object?: Node;
  readonly property?: Node;
  readonly computed?: boolean;
  value?: unknown;
}

/** Python's `lstrip`, `rstrip` and `strip` with the characters to strip. */
const stripFunctions: Readonly<Record<string, (text: unknown, characters: unknown) => string>> = {
  lstrip: (text, characters) => stripped(text, characters, true, false),
  rstrip: (text, characters) => stripped(text, characters, false, true),
  strip: (text, characters) => stripped(text, characters, true, true),
};

function stripped(text: unknown, characters: unknown, left: boolean, right: boolean): string {
  if (typeof text !== 'string' || typeof characters !== 'string') throw new Error('strip takes texts');
  let start = 0;
  let end = text.length;
  while (left && start < end && characters.includes(text[start]!)) start += 1;
  while (right && end > start && characters.includes(text[end - 1]!)) end -= 1;
  return text.slice(start, end);
}

/**
 * The library's strip methods ignore their argument, so that `content.lstrip('\n')` (Qwen3's template) also takes spaces.
 * Such calls become calls of the functions above.
 */
function callStripFunctions(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  for (const part of Object.values(node)) callStripFunctions(part);
  const call = node as Node;
  const name = call.callee?.property?.value;
  if (call.type !== 'CallExpression' || call.callee?.computed === true || call.args?.length !== 1) return;
  if (typeof name !== 'string' || !Object.hasOwn(stripFunctions, name) || call.callee?.object === undefined)
    return;
  call.args = [call.callee.object, ...call.args];
  call.callee = { type: 'Identifier', value: functionName(name) };
}

/** No template can write this name. */
const functionName = (method: string): string => `${method} with characters`;

/** `globals` is all the template sees. Throws the library's errors, and whatever a function among them throws. */
export function runTemplate(program: Program, globals: Readonly<Record<string, unknown>>): string {
  const environment = new Environment();
  for (const [name, value] of Object.entries(globals)) environment.set(name, value);
  for (const [name, strip] of Object.entries(stripFunctions)) environment.set(functionName(name), strip);
  return String(new Interpreter(environment).run(program).value);
}
