/**
 * @file Finds added tokens ("<|im_end|>") in raw text, longest first from the left, as HF tokenizers do before anything else.
 * The library splits the same way but keeps no offsets; label spans need to know where each token sits in the text.
 */

/** One entry of `added_tokens` in tokenizer.json. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Matched in the normalised text, so left to the library. */
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
const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u;

export class AddedTokenFinder {
  readonly #root: Node = { next: new Map(), token: undefined };

  constructor(tokens: readonly AddedToken[]) {
    for (const token of tokens) {
      let node = this.#root;
      for (let i = 0; i < token.content.length; i++) {
        const unit = token.content.charCodeAt(i);
        let child = node.next.get(unit);
        if (child === undefined) node.next.set(unit, (child = { next: new Map(), token: undefined }));
        node = child;
      }
      node.token = token;
    }
  }

  /** Sections in order; text sections are never empty. */
  split(text: string): Section[] {
    const sections: Section[] = [];
    let textStart = 0;
    let at = 0;
    while (at < text.length) {
      const token = this.#longestAt(text, at);
      if (token === undefined) {
        at += 1;
        continue;
      }
      const start = token.lstrip ? at - spaceBefore(text, textStart, at) : at;
      const ownEnd = at + token.content.length;
      let end = ownEnd;
      if (token.rstrip) end += leadingSpace.exec(text.slice(end))?.[0].length ?? 0;
      if (start > textStart) sections.push(textSection(textStart, start));
      sections.push({ start, end, ownEnd, token });
      textStart = at = end;
    }
    if (textStart < text.length) sections.push(textSection(textStart, text.length));
    return sections;
  }

  #longestAt(text: string, at: number): AddedToken | undefined {
    let node = this.#root.next.get(text.charCodeAt(at));
    let found: AddedToken | undefined;
    for (let i = at + 1; node !== undefined; i++) {
      if (node.token !== undefined && (!node.token.singleWord || standsAlone(text, at, i)))
        found = node.token;
      if (i >= text.length) break;
      node = node.next.get(text.charCodeAt(i));
    }
    return found;
  }
}

const textSection = (start: number, end: number): Section => ({ start, end, ownEnd: end, token: undefined });

function spaceBefore(text: string, from: number, to: number): number {
  let start = to;
  while (start > from && space.test(text[start - 1]!)) start -= 1;
  return to - start;
}

function standsAlone(text: string, start: number, end: number): boolean {
  const before = start === 0 ? '' : text.slice(start - 1, start);
  return !wordCharacter.test(before) && !wordCharacter.test(text.slice(end, end + 1));
}
