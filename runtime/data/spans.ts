/**
 * @file Which characters of a rendered conversation, and which tokens, the model learns to write.
 * Ids are those of the whole text. A turn is found by rendering the conversation up to it (with the generation prompt: what
 * the model sees before it must write) and checking that this is how the whole begins; where a template renders earlier turns
 * differently once more follow, by markers in place of the contents (markers.ts). What neither finds is refused.
 */
import { UserError } from '../contract/errors.ts';
import type { ChatMessage, ChatTemplate, Conversation } from './chat.ts';
import { thinkingKeys } from './chat.ts';
import { findByMarkers } from './markers.ts';
import type { EncodedSection, Tokenizer } from './tokenizer.ts';
import { afterThinking, calls, commonPrefix, contentTexts, firstSectionAt, turnEnd } from './turns.ts';
import type { Span, Turn, TurnFinder } from './turns.ts';

export type TrainOn = 'assistant' | 'last' | 'all';

export interface LabelledText {
  readonly text: string;
  readonly ids: readonly number[];
  /** 1 where the token is learned; as long as `ids`. */
  readonly mask: Uint8Array;
  /** What `mask` covers, in characters, in order. */
  readonly spans: readonly Span[];
  /** Some trained turn has no token that ends it: the model won't learn to stop. */
  readonly endless: boolean;
}

export interface LabelOptions {
  readonly trainOn: TrainOn;
  /** Turns before this index are context: the prompt of a prompt/completion pair. */
  readonly trainFrom?: number;
}

/** Above this many turns to find, rendering once per turn would cost the square of the length. */
const turnsByRendering = 64;

/** Throws `spans-unclear`, `row-flag` and what the template's `render` throws, all without a place. */
export function labelConversation(
  template: ChatTemplate,
  tokenizer: Tokenizer,
  conversation: Conversation,
  options: LabelOptions,
): LabelledText {
  const text = template.render(conversation, false);
  const sections = tokenizer.encodeSections(text);
  const { learned, left } = chooseTurns(conversation.messages, options);
  const turns = options.trainOn === 'all' ? left : learned;
  const finder = { template, tokenizer, conversation, text, sections };
  const found = findTurns(finder, turns);
  const spans = options.trainOn === 'all' ? complement(found.spans, text.length) : mergeTouching(found.spans);
  return { text, spans, endless: found.endless, ...maskOf(tokenizer, text, sections, spans) };
}

/** `train` (true or false) and OpenAI's `weight` (0 or 1) on a message; undefined where neither is there. */
export function trainFlag(message: ChatMessage): boolean | undefined {
  const flag = message['train'] ?? message['training'] ?? message['weight'];
  if (flag === undefined || flag === null) return undefined;
  if (flag === true || flag === 1) return true;
  if (flag === false || flag === 0) return false;
  throw new UserError('row-flag', `has a message flagged ${JSON.stringify(flag)}.`, {
    hint: 'Use "train": true or false, or "weight": 0 or 1.',
  });
}

interface Choice {
  /** Indices of the turns that are learned. */
  readonly learned: readonly number[];
  /** Indices that a flag takes out. */
  readonly left: readonly number[];
}

function chooseTurns(messages: readonly ChatMessage[], { trainOn, trainFrom = 0 }: LabelOptions): Choice {
  const assistants = messages.flatMap(({ role }, i) => (role === 'assistant' && i >= trainFrom ? [i] : []));
  const byDefault = new Set(trainOn === 'last' ? assistants.slice(-1) : assistants);
  const learned: number[] = [];
  const left: number[] = [];
  for (const [i, message] of messages.entries()) {
    const flag = trainFlag(message);
    if (flag === false) left.push(i);
    else if (flag === true || byDefault.has(i)) learned.push(i);
  }
  return { learned, left };
}

function findTurns(finder: TurnFinder, turns: readonly number[]): { spans: Span[]; endless: boolean } {
  const found = new Map<number, Turn>();
  if (turns.length <= turnsByRendering)
    for (const index of turns) {
      const turn = findByRendering(finder, index);
      if (turn !== undefined) found.set(index, turn);
    }
  const missing = turns.filter((index) => !found.has(index));
  if (missing.length > 0) for (const [index, turn] of findByMarkers(finder, missing)) found.set(index, turn);
  const inOrder = turns.map((index) => found.get(index)!);
  return { spans: inOrder, endless: inOrder.some(({ ended }) => !ended) };
}

/** Undefined where the template isn't prefix-stable around this turn. */
function findByRendering(finder: TurnFinder, index: number): Turn | undefined {
  const { template, conversation, text } = finder;
  const { messages, tools } = conversation;
  const message = messages[index]!;
  if (message.role !== 'assistant') return undefined;
  const upTo = (count: number, prompt: boolean): string | undefined => {
    try {
      return template.render({ messages: messages.slice(0, count), ...(tools && { tools }) }, prompt);
    } catch {
      return undefined;
    }
  };
  const before = upTo(index, true);
  if (before === undefined || !text.startsWith(before)) return undefined;
  const last = index === messages.length - 1;
  const through = last ? text : upTo(index + 1, false);
  if (through === undefined) return undefined;
  const limit = last ? text.length : commonPrefix(through, text);
  const contents = contentsOf(text, message, before.length, limit);
  if (contents === undefined) return undefined;
  const contentEnd = contents.end;
  const end = turnEnd(finder, message, contentEnd, limit);
  // Without a generation prompt the words before the content are a header, which the model doesn't write.
  const wordsEnd =
    contents.start ?? (calls(message) || end === undefined ? before.length : tokenStart(finder, end));
  if (text.slice(before.length, wordsEnd).trim() !== '' && before === upTo(index, false)) return undefined;
  if (end !== undefined) return { start: before.length, end, ended: true };
  // Without an end token the turn is what the rendering up to it adds, less the line break before the next.
  if (limit < through.length) return shortened(finder, message, before, through);
  return {
    start: before.length,
    end: Math.max(contentEnd, text.slice(0, limit).trimEnd().length),
    ended: false,
  };
}

/** Where the token that ends at `end` begins. */
function tokenStart({ sections }: TurnFinder, end: number): number {
  return sections[firstSectionAt(sections, end - 1)]!.start;
}

/**
 * A turn without content of its own whose thinking the template drops once more follow: written after the same words as when it
 * is the last, and ended by the same.
 */
function shortened(
  finder: TurnFinder,
  message: ChatMessage,
  before: string,
  through: string,
): Turn | undefined {
  const { text } = finder;
  const start = before.length;
  const end = turnEnd(finder, message, start, text.length);
  if (end === undefined || contentTexts(message).some((content) => content.trim() !== '')) return undefined;
  const own = through.slice(start).trimEnd();
  return through.startsWith(before) && own.endsWith(text.slice(start, end))
    ? { start, end, ended: true }
    : undefined;
}

/** Where a message's own texts start and end, looked for in order between `from` and `limit`; undefined if one isn't there. */
function contentsOf(
  text: string,
  message: ChatMessage,
  from: number,
  limit: number,
): { start: number | undefined; end: number } | undefined {
  let start: number | undefined;
  let end = from;
  const advance = (piece: string): boolean => {
    const found = text.indexOf(piece, end);
    if (found < 0 || found + piece.length > limit) return false;
    if (piece !== '') start ??= found;
    end = found + piece.length;
    return true;
  };
  for (const key of thinkingKeys) {
    const thought = message[key];
    if (typeof thought === 'string' && advance(thought.trim())) break;
  }
  for (const piece of contentTexts(message)) {
    if (advance(piece.trim())) continue;
    // Some templates take the thinking out of the content and write it in their own way.
    const answer = piece.includes('</think>') ? afterThinking(piece).trim() : undefined;
    if (answer === undefined || !advance(answer)) return undefined;
  }
  return { start, end };
}

function mergeTouching(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && span.start <= last.end)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    else merged.push(span);
  }
  return merged;
}

function complement(spans: readonly Span[], length: number): Span[] {
  const out: Span[] = [];
  let at = 0;
  for (const { start, end } of mergeTouching(spans)) {
    if (start > at) out.push({ start: at, end: start });
    at = end;
  }
  if (at < length) out.push({ start: at, end: length });
  return out;
}

/** Ids of all sections, and 1 for each token of a span; a token that straddles a boundary belongs to what follows. */
export function maskOf(
  tokenizer: Tokenizer,
  text: string,
  sections: readonly EncodedSection[],
  spans: readonly Span[],
): { ids: number[]; mask: Uint8Array } {
  const ids: number[] = [];
  const firstToken = new Uint32Array(sections.length + 1);
  for (const [i, section] of sections.entries()) {
    for (const id of section.ids) ids.push(id);
    firstToken[i + 1] = ids.length;
  }
  const boundary = (position: number): number => {
    const index = firstSectionAt(sections, position);
    const section = sections[index];
    if (section === undefined || position <= section.start) return firstToken[index]!;
    if (section.token !== undefined) return firstToken[index]! + (position >= section.ownEnd ? 1 : 0);
    const prefix = tokenizer.encodeWithin(text.slice(section.start, position), section.start === 0);
    return firstToken[index]! + commonPrefix(prefix, section.ids);
  };
  const mask = new Uint8Array(ids.length);
  for (const { start, end } of spans) mask.fill(1, boundary(start), boundary(end));
  return { ids, mask };
}
