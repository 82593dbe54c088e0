/**
 * @file Finds turns in a rendered conversation by rendering it again with markers in place of the contents: the texts between
 * the markers are the template's own words, and the whole has to be exactly these words with the contents between them.
 */
import type { ChatMessage } from './chat.ts';
import { thinkingKeys } from './chat.ts';
import { afterThinking, commonPrefix, turnEnd, unclear } from './turns.ts';
import type { Turn, TurnFinder } from './turns.ts';

/** A content that was replaced: which message, what stood there. */
interface Unit {
  readonly message: number;
  readonly thinking: boolean;
  readonly text: string;
}

export interface Located extends Unit {
  readonly unit: number;
  readonly start: number;
  readonly end: number;
}

/** Private-use characters: no template treats them specially. */
const open = '\uE000';
const close = '\uE001';
const marker = /\uE000(\d+)\uE001/g;

/** Turns for each of `wanted`. Throws `spans-unclear` for any that can't be found. */
export function findByMarkers(finder: TurnFinder, wanted: readonly number[]): Map<number, Turn> {
  const { conversation, text } = finder;
  const { messages } = conversation;
  const located = locateContents(finder);
  const header = generationHeader(
    finder,
    wanted.find((index) => messages[index]!.role === 'assistant'),
  );
  const turns = new Map<number, Turn>();
  for (const index of wanted) {
    const message = messages[index]!;
    const own = located.filter((unit) => unit.message === index && !unit.thinking);
    if (own.length === 0)
      throw unclear(
        `the template writes turn ${index + 1} differently in context, and it has no content to find it by`,
      );
    if (new Set(own.map(({ unit }) => unit)).size < own.length)
      throw unclear(`the template writes the content of turn ${index + 1} more than once`);
    const first = own[0]!.start;
    const contentEnd = own.at(-1)!.end;
    const others = located.filter((unit) => unit.message !== index);
    const previousEnd = Math.max(0, ...others.map(({ end }) => (end <= first ? end : 0)));
    const limit = Math.min(
      text.length,
      ...others.map(({ start }) => (start >= contentEnd ? start : text.length)),
    );
    const written = located.find((unit) => unit.message === index && unit.start >= previousEnd)!;
    const start =
      message.role === 'assistant' ? afterHeader(text, header, previousEnd, first, written.start) : first;
    const end = turnEnd(finder, message, contentEnd, limit);
    turns.set(index, { start, end: end ?? contentEnd, ended: end !== undefined });
  }
  return turns;
}

/** What a generation prompt adds after the last turn, rendered once, in front of the first turn in question. */
function generationHeader({ template, conversation }: TurnFinder, index: number | undefined): string {
  if (index === undefined) return '';
  const before = { ...conversation, messages: conversation.messages.slice(0, index) };
  try {
    const prompted = template.render(before, true);
    return prompted.slice(commonPrefix(prompted, template.render(before, false)));
  } catch {
    return '';
  }
}

/**
 * Thinking between header and content is written by the model too; without a header it starts with the thinking, tag included,
 * or else with the content.
 */
function afterHeader(text: string, header: string, from: number, content: number, written: number): number {
  const at =
    header === '' || content < header.length ? -1 : text.lastIndexOf(header, content - header.length);
  if (at >= from) return at + header.length;
  const tag = /<think>\s*(?:<\/think>\s*)?$/.exec(text.slice(from, written))?.[0].length ?? 0;
  return Math.min(content, written - tag);
}

/** Where the contents stand in the rendered text, in its order. Throws `spans-unclear`. */
export function locateContents({
  template,
  conversation,
  text,
}: Pick<TurnFinder, 'template' | 'conversation' | 'text'>): Located[] {
  const { units, messages } = mark(conversation.messages);
  let marked: string;
  try {
    marked = template.render({ ...conversation, messages }, false);
  } catch {
    throw unclear('the template renders earlier turns differently, and fails on markers');
  }
  if (text.includes(open)) throw unclear('the text holds the private-use character U+E000');
  const located: Located[] = [];
  let at = 0;
  let read = 0;
  const literal = (words: string): void => {
    if (!text.startsWith(words, at))
      throw unclear('the template writes more than the contents differently from turn to turn');
    at += words.length;
  };
  for (const match of marked.matchAll(marker)) {
    literal(marked.slice(read, match.index));
    read = match.index + match[0].length;
    const unit = units[Number(match[1])]!;
    const next = marked.slice(read, (marked.indexOf(open, read) + 1 || marked.length + 1) - 1);
    const content = forms(unit.text).find(
      (form) => text.startsWith(form, at) && text.startsWith(next, at + form.length),
    );
    if (content === undefined) throw unclear('the template changes the contents of a turn');
    located.push({ ...unit, unit: Number(match[1]), start: at, end: at + content.length });
    at += content.length;
  }
  literal(marked.slice(read));
  if (at !== text.length) throw unclear('the template writes more than the contents after the last turn');
  return located;
}

/** What templates make of a content: as it is, or trimmed on either side. Longest first. */
function forms(content: string): string[] {
  const whole = [content, content.trimEnd(), content.trimStart(), content.trim()];
  return [...new Set(whole)].sort((a, b) => b.length - a.length);
}

function mark(messages: readonly ChatMessage[]): { units: Unit[]; messages: ChatMessage[] } {
  const units: Unit[] = [];
  const markerFor = (message: number, text: string, thinking: boolean): string => {
    if (text.trim() === '') return text;
    units.push({ message, text, thinking });
    return `${open}${units.length - 1}${close}`;
  };
  // Thinking inside an answer keeps its tags: templates cut there.
  const markContent = (message: number, content: string): string => {
    const thinkingEnd = messages[message]!.role === 'assistant' ? content.lastIndexOf('</think>') : -1;
    if (thinkingEnd < 0) return markerFor(message, content, false);
    const thinkingStart = content.indexOf('<think>');
    const from = thinkingStart < 0 || thinkingStart > thinkingEnd ? 0 : thinkingStart + '<think>'.length;
    const thought = markerFor(message, content.slice(from, thinkingEnd), true);
    const answer = markerFor(message, afterThinking(content), false);
    return `${content.slice(0, from)}${thought}</think>${answer}`;
  };
  const marked = messages.map((message, i) => {
    const { content } = message;
    const out: Record<string, unknown> = { ...message };
    for (const key of thinkingKeys) {
      const thought = message[key];
      if (typeof thought === 'string') out[key] = markerFor(i, thought, true);
    }
    if (typeof content === 'string') out['content'] = markContent(i, content);
    else if (content !== null)
      out['content'] = content.map((part) =>
        typeof part.text === 'string' ? { ...part, text: markContent(i, part.text) } : part,
      );
    return out as unknown as ChatMessage;
  });
  return { units, messages: marked };
}
