/** @file What is worth knowing about a data set before it is trained on: one entry per kind, with the lines it concerns. */
import type { ChatMessage } from './chat.ts';
import { contentTexts } from './turns.ts';
import type { Tokenizer } from './tokenizer.ts';

export type LintCode =
  | 'byte-order-mark'
  | 'carriage-returns'
  | 'invalid-unicode'
  | 'empty-content'
  | 'roles-not-alternating'
  | 'no-assistant-turn'
  | 'nothing-trained'
  | 'tool-arguments'
  | 'control-tokens'
  | 'duplicate-bos'
  | 'no-end-token'
  | 'truncated'
  | 'answer-cut-off'
  | 'validation-overlap'
  | 'validation-near-overlap';

export interface Lint {
  readonly code: LintCode;
  /** An error stops the run before it starts. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** The first lines (or rows, in a file without lines), in order. */
  readonly lines: readonly number[];
  /** How many rows in all. */
  readonly count: number;
}

const linesKept = 100;

/** What each says about its rows; `truncated` and the overlaps have words of their own. */
const messages: Readonly<Record<LintCode, string>> = {
  'byte-order-mark': 'begins with a byte order mark, which is skipped.',
  'carriage-returns': 'has Windows line ends, which are skipped.',
  'invalid-unicode': 'holds half of a character (a lone surrogate), which is read as U+FFFD.',
  'empty-content': 'has a message without content.',
  'roles-not-alternating': 'has two turns of the same role in a row, or begins with the assistant.',
  'no-assistant-turn': 'has no assistant turn: nothing in it is trained, and it is left out.',
  'nothing-trained': 'has nothing that is trained, and is left out.',
  'tool-arguments': 'has a tool call whose arguments are not JSON.',
  'control-tokens':
    'has control tokens of the model inside a content; they act as if the template had written them.',
  'duplicate-bos': 'begins with the beginning-of-text token twice: the text and the tokenizer both write it.',
  'no-end-token': 'has an answer that no token ends: the model does not learn to stop.',
  truncated: 'is longer than data.length and was cut.',
  'answer-cut-off': 'is so long that nothing of its answer is left within data.length, and is left out.',
  'validation-overlap': 'is also in the training data.',
  'validation-near-overlap': 'differs from a training row only in case, spaces or punctuation.',
};

const errors: ReadonlySet<LintCode> = new Set<LintCode>(['tool-arguments']);

/** What a lint says about its row, to go on after its place. */
export const lintMessage = (code: LintCode): string => messages[code];
export const lintSeverity = (code: LintCode): Lint['severity'] => (errors.has(code) ? 'error' : 'warning');

/** Counts lints by kind and keeps the first lines of each. */
export class LintCollector {
  readonly #found = new Map<LintCode, { lines: number[]; count: number; message: string }>();

  add(code: LintCode, line: number): void {
    const known = this.#found.get(code) ?? { lines: [], count: 0, message: messages[code] };
    known.count += 1;
    if (known.lines.length < linesKept) known.lines.push(line);
    this.#found.set(code, known);
  }

  /** Replaces the words of a kind that was found. */
  describe(code: LintCode, message: string): void {
    const known = this.#found.get(code);
    if (known !== undefined) known.message = message;
  }

  count(code: LintCode): number {
    return this.#found.get(code)?.count ?? 0;
  }

  list(): Lint[] {
    return [...this.#found].map(([code, found]) => ({
      code,
      severity: lintSeverity(code),
      message: found.message,
      lines: found.lines,
      count: found.count,
    }));
  }
}

/** Lints of a conversation as it is written, before any template. */
export function lintMessages(turns: readonly ChatMessage[], tokenizer: Tokenizer): LintCode[] {
  const found = new Set<LintCode>();
  let previous: string | undefined;
  for (const turn of turns) {
    const { role, tool_calls: calls } = turn;
    const texts = contentTexts(turn);
    if (calls === undefined && texts.every((text) => text.trim() === '')) found.add('empty-content');
    if (role === previous ? role === 'user' || role === 'assistant' : isMisplaced(role, previous))
      found.add('roles-not-alternating');
    if (role !== 'system' && role !== 'developer') previous = role;
    if (calls?.some(hasBadArguments) === true) found.add('tool-arguments');
    for (const code of lintTexts(texts, tokenizer)) found.add(code);
  }
  if (!turns.some(({ role }) => role === 'assistant')) found.add('no-assistant-turn');
  return [...found];
}

const loneSurrogate = /\p{Surrogate}/u;

export function lintTexts(texts: readonly string[], tokenizer: Tokenizer): LintCode[] {
  const found: LintCode[] = [];
  if (texts.some((text) => loneSurrogate.test(text))) found.push('invalid-unicode');
  if (texts.some((text) => tokenizer.specialTokensIn(text).length > 0)) found.push('control-tokens');
  return found;
}

/** An answer that nothing was said before. */
function isMisplaced(role: string, previous: string | undefined): boolean {
  return role === 'assistant' && previous === undefined;
}

function hasBadArguments(call: unknown): boolean {
  if (typeof call !== 'object' || call === null) return true;
  const record = call as Readonly<Record<string, unknown>>;
  if (typeof record['function'] === 'object') return hasBadArguments(record['function']);
  const written = record['arguments'];
  if (typeof written !== 'string') return typeof written !== 'object' && written !== undefined;
  try {
    JSON.parse(written);
    return false;
  } catch {
    return true;
  }
}

/** Length that 95 of 100 rows don't exceed, from counts by length. */
export function percentile95(counts: ReadonlyMap<number, number>): number {
  const lengths = [...counts.keys()].sort((a, b) => a - b);
  let rows = 0;
  for (const count of counts.values()) rows += count;
  let seen = 0;
  for (const length of lengths) {
    seen += counts.get(length)!;
    if (seen >= rows * 0.95) return length;
  }
  return 0;
}
