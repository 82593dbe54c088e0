/** @file What finding a turn by rendering and finding it by markers have in common: where a turn ends, and how a message's texts read. */
import { UserError } from '../contract/errors.ts';
import type { ChatMessage, ChatTemplate, Conversation } from './chat.ts';
import type { EncodedSection, Tokenizer } from './tokenizer.ts';

/** A stretch of the text in UTF-16 units, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface TurnFinder {
  readonly template: ChatTemplate;
  readonly tokenizer: Tokenizer;
  readonly conversation: Conversation;
  /** The whole conversation, rendered and encoded. */
  readonly text: string;
  readonly sections: readonly EncodedSection[];
}

/** A turn from what the model has to write first to the token that ends it. */
export interface Turn extends Span {
  readonly ended: boolean;
}

export function contentTexts({ content }: ChatMessage): string[] {
  if (content === null) return [];
  if (typeof content === 'string') return [content];
  return content.flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
}

export function calls({ tool_calls }: ChatMessage): boolean {
  return tool_calls !== undefined && tool_calls.length > 0;
}

export function afterThinking(content: string): string {
  return content.slice(content.lastIndexOf('</think>') + '</think>'.length);
}

/**
 * End of the first token that ends a turn, between `from` and `limit`; a special token the base doesn't count among its ends
 * is taken when nothing but whitespace stands before it. Undefined when there is none.
 */
export function turnEnd(
  { sections, tokenizer, text }: TurnFinder,
  message: ChatMessage,
  from: number,
  limit: number,
): number | undefined {
  const calling = calls(message);
  if (calling && tokenizer.specialTokensIn(JSON.stringify(message.tool_calls)).length > 0)
    throw unclear('the arguments of a tool call hold control tokens');
  let nextSpecial: number | undefined;
  for (let i = firstSectionAt(sections, from); i < sections.length; i++) {
    const { start, ownEnd, token } = sections[i]!;
    if (start < from || token === undefined) continue;
    if (ownEnd > limit) break;
    if (tokenizer.endIds.has(token.id)) return ownEnd;
    if (token.special) nextSpecial ??= i;
  }
  if (nextSpecial === undefined || calling) return undefined;
  const { start, ownEnd } = sections[nextSpecial]!;
  return text.slice(from, start).trim() === '' ? ownEnd : undefined;
}

export function unclear(reason: string): UserError {
  return new UserError('spans-unclear', `what to train on can't be told for certain: ${reason}.`, {
    hint: 'Leave the row out, set "trainOn": "all", or name another template in data.template.',
  });
}

/** Index of the section that holds the character at `position`. */
export function firstSectionAt(sections: readonly EncodedSection[], position: number): number {
  let low = 0;
  let high = sections.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sections[middle]!.end <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function commonPrefix(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a[i] === b[i]) i += 1;
  return i;
}
