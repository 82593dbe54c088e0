/** @file A row's lints with their places in the line and what mends them. */
import type { RowFix, RowLint } from '../contract/api/data.ts';
import type { UserError } from '../contract/errors.ts';
import type { SourceScalar } from './jsonStrings.ts';
import { StringPlaces } from './jsonStrings.ts';
import { lintMessage, lintSeverity } from './lint.ts';
import type { LintCode } from './lint.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { Span } from './turns.ts';
import { isJson } from './isJson.ts';

export interface LintScene {
  readonly line: string;
  readonly scalars: readonly SourceScalar[];
  readonly tokenizer: Tokenizer | undefined;
  /** Of the row before the cut, and what it is cut at. */
  readonly tokens: number;
  readonly length: number;
}

/** The first key, or what there is: a mark under the whole line would say nothing. */
function headOf(line: string): Span {
  const key = /^\s*\{\s*"(?:[^"\\]|\\.){0,200}"/.exec(line)?.[0];
  if (key !== undefined) return { start: key.indexOf('"'), end: key.length };
  const start = line.length - line.trimStart().length;
  return { start, end: Math.min(line.length, start + 1) };
}

const contentKeys = new Set(['content', 'value', 'text', 'prompt', 'completion', 'output', 'instruction']);
const isContent = ({ path }: SourceScalar): boolean =>
  contentKeys.has(String(path.at(-1))) || typeof path.at(-1) === 'number';

type Place = Span & { readonly fixes?: readonly RowFix[] };

const places: Partial<Record<LintCode, (scene: LintScene) => Place | undefined>> = {
  'empty-content': ({ scalars }) => scalars.find((one) => isContent(one) && one.value?.trim() === ''),
  'tool-arguments': ({ scalars }) =>
    scalars.find(({ path, value }) => path.at(-1) === 'arguments' && value !== undefined && !isJson(value)),
  'control-tokens': ({ line, scalars, tokenizer }) => {
    if (tokenizer === undefined) return undefined;
    for (const one of scalars) {
      const [control] =
        one.value === undefined || !isContent(one) ? [] : tokenizer.specialTokensIn(one.value);
      if (control === undefined) continue;
      const found = new StringPlaces(line, one);
      const at = one.value!.indexOf(control);
      const range = { start: found.at(at), end: found.at(at + control.length) };
      const title = `Remove ${control}`;
      return { ...range, fixes: [{ kind: 'edit', title, edits: [{ ...range, text: '' }] }] };
    }
    return undefined;
  },
  'invalid-unicode': ({ line, scalars }) => {
    for (const one of scalars) {
      const at = one.value === undefined ? -1 : one.value.search(/\p{Surrogate}/u);
      if (at < 0) continue;
      const found = new StringPlaces(line, one);
      const range = { start: found.at(at), end: found.at(at + 1) };
      const title = 'Replace It by U+FFFD';
      return { ...range, fixes: [{ kind: 'edit', title, edits: [{ ...range, text: '\uFFFD' }] }] };
    }
    return undefined;
  },
};

/** In lint.ts a message goes on after "file:line"; here it is a sentence. */
const sentence = (message: string): string => `This row ${message}`;

export function placeLint(code: LintCode, scene: LintScene): RowLint {
  const place: Place = places[code]?.(scene) ?? headOf(scene.line);
  const { tokens, length } = scene;
  const isCut = code === 'truncated' || code === 'answer-cut-off';
  const message =
    code === 'truncated' ? `has ${tokens} tokens and is cut at ${length} (data.length).` : lintMessage(code);
  return {
    code,
    severity: lintSeverity(code),
    message: sentence(message),
    start: place.start,
    end: place.end,
    fixes: [...(place.fixes ?? []), ...(isCut ? [{ kind: 'length', length: tokens } as const] : [])],
  };
}

/** A row that can't be read or encoded. */
export function lintError(line: string, { code, message, hint, place }: UserError): RowLint {
  const at =
    place.column === undefined ? undefined : Math.min(place.column - 1, Math.max(0, line.length - 1));
  return {
    code,
    severity: 'error',
    message: sentence(message),
    ...(hint === undefined ? {} : { hint }),
    ...(at === undefined ? headOf(line) : { start: at, end: at + 1 }),
    fixes: code === 'row-not-json' ? commaFix(line) : [],
  };
}

/** A list of objects pasted as lines: each ends in a comma. */
function commaFix(line: string): RowFix[] {
  const bare = line.trimEnd();
  if (!bare.endsWith(',') || !isJson(bare.slice(0, -1))) return [];
  const edits = [{ start: bare.length - 1, end: bare.length, text: '' }];
  return [{ kind: 'edit', title: 'Remove the Comma behind the Row', edits }];
}
