/**
 * @file Finds added tokens ("<|im_end|>") in a text, longest first from the left, as HF tokenizers do before anything else.
 * The library splits in about the same way but keeps no offsets; label spans need to know where each token sits in the text.
 */
import { wordCharacters } from './preTokenizers.ts';

/** One entry of `added_tokens` in tokenizer.json. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Matched in what the normalizer makes of the text, after the others. */
  readonly normalized: boolean;
  readonly singleWord: boolean;
  /** Whitespace on that side belongs to the token. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** A stretch of text: an added token with its id, or text between two of them. Offsets are UTF-16 units. */
export interface Section {
  readonly start: number;
  readonly end: number;
  /** Where the token's own characters end, before the whitespace it swallows; the end for text. */
  readonly ownEnd: number;
  readonly token: AddedToken | undefined;
}

interface Node {
  readonly next: Map<number, Node>;
  token: AddedToken | undefined;
}

const leadingSpace = /^\p{White_Space}+/u;
const space = /\p{White_Space}/u;
const wordBefore = new RegExp(`[${wordCharacters}]$`, 'u');
const wordAfter = new RegExp(`^[${wordCharacters}]`, 'u');

export class AddedTokenFinder {
  readonly #root: Node;
  readonly #later: AddedTokenFinder | undefined;

  /** `later` are looked for in what `tokens` leave. */
  constructor(tokens: readonly AddedToken[], later: readonly AddedToken[] = []) {
    this.#root = trieOf(tokens);
    this.#later = later.length === 0 ? undefined : new AddedTokenFinder(later);
  }

  /** Sections in order; text sections are never empty. */
  split(text: string): Section[] {
    const sections = this.#split(text);
    const later = this.#later;
    if (later === undefined) return sections;
    return sections.flatMap((section) => {
      if (section.token !== undefined) return [section];
      const { start: offset, end: to } = section;
      return later.split(text.slice(offset, to)).map(({ start, end, ownEnd, token }) => ({
        start: offset + start,
        end: offset + end,
        ownEnd: offset + ownEnd,
        token,
      }));
    });
  }

  #split(text: string): Section[] {
    const sections: Section[] = [];
    let textStart = 0;
    let at = 0;
    while (at < text.length) {
      const token = this.#longestAt(text, at);
      if (token === undefined) {
        at += 1;
        continue;
      }
      const ownEnd = at + token.content.length;
      if (token.singleWord && !standsAlone(text, at, ownEnd)) {
        // As the original has it: nothing shorter is tried, and nothing inside of it.
        at = ownEnd;
        continue;
      }
      const start = token.lstrip ? at - spaceBefore(text, textStart, at) : at;
      const end = ownEnd + (token.rstrip ? (leadingSpace.exec(text.slice(ownEnd))?.[0].length ?? 0) : 0);
      if (start > textStart) sections.push(textSection(textStart, start));
      // A token may stand in the whitespace that the one before has swallowed: it counts all the same.
      const before = sections.at(-1);
      if (before !== undefined && before.end > start)
        sections[sections.length - 1] = { ...before, end: start };
      sections.push({ start, end, ownEnd, token });
      textStart = end;
      at = ownEnd;
    }
    if (textStart < text.length) sections.push(textSection(textStart, text.length));
    return sections;
  }

  #longestAt(text: string, at: number): AddedToken | undefined {
    let node = this.#root.next.get(text.charCodeAt(at));
    let found: AddedToken | undefined;
    for (let i = at + 1; node !== undefined; i++) {
      found = node.token ?? found;
      if (i >= text.length) break;
      node = node.next.get(text.charCodeAt(i));
    }
    return found;
  }
}

/** Of two tokens with the same text the special one counts, or else the first. */
function trieOf(tokens: readonly AddedToken[]): Node {
  const root: Node = { next: new Map(), token: undefined };
  for (const token of tokens) {
    let node = root;
    for (let i = 0; i < token.content.length; i++) {
      const unit = token.content.charCodeAt(i);
      let child = node.next.get(unit);
      if (child === undefined) node.next.set(unit, (child = { next: new Map(), token: undefined }));
      node = child;
    }
    if (node !== root && (node.token === undefined || (token.special && !node.token.special)))
      node.token = token;
  }
  return root;
}

const textSection = (start: number, end: number): Section => ({ start, end, ownEnd: end, token: undefined });

function spaceBefore(text: string, from: number, to: number): number {
  let start = to;
  while (start > from && space.test(text[start - 1]!)) start -= 1;
  return to - start;
}

function standsAlone(text: string, start: number, end: number): boolean {
  // Two units: a character beyond the first plane is one letter.
  return (
    !wordBefore.test(text.slice(Math.max(0, start - 2), start)) && !wordAfter.test(text.slice(end, end + 2))
  );
}
