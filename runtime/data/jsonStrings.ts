/** @file The strings and numbers of one JSON text with their places: what a person sees on a line of a data file. */
import { createScanner } from 'jsonc-parser';

/** Where a value stands: keys and list positions from the outside in. */
export type JsonPath = readonly (string | number)[];

export interface SourceScalar {
  readonly path: JsonPath;
  /** Decoded; undefined for a number. */
  readonly value: string | undefined;
  /** In the text, in UTF-16 units; of a string its quotes too. */
  readonly start: number;
  readonly end: number;
}

/** jsonc-parser's token numbers (its enum exists at compile time only). */
const token = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  colon: 6,
  string: 10,
  number: 11,
  end: 17,
} as const;

/** Keys of an object or positions of a list that we are inside of. */
interface Level {
  readonly list: boolean;
  key: string | number;
}

/** All strings (but keys) and numbers of a text that `JSON.parse` takes, in order. Doesn't recurse. */
export function jsonScalars(text: string): SourceScalar[] {
  const scanner = createScanner(text, true);
  const levels: Level[] = [];
  const found: SourceScalar[] = [];
  let expectsKey = false;
  const add = (value: string | undefined): void => {
    const start = scanner.getTokenOffset();
    const path = levels.map(({ key }) => key);
    found.push({ path, value, start, end: start + scanner.getTokenLength() });
  };
  for (let kind: number = scanner.scan(); kind !== token.end; kind = scanner.scan()) {
    const level = levels.at(-1);
    switch (kind) {
      case token.openBrace:
      case token.openBracket:
        levels.push({ list: kind === token.openBracket, key: kind === token.openBracket ? 0 : '' });
        expectsKey = kind === token.openBrace;
        break;
      case token.closeBrace:
      case token.closeBracket:
        levels.pop();
        expectsKey = false;
        break;
      case token.comma:
        if (level?.list === true) level.key = Number(level.key) + 1;
        expectsKey = level?.list === false;
        break;
      case token.colon:
        expectsKey = false;
        break;
      case token.string:
        if (expectsKey && level !== undefined) level.key = scanner.getTokenValue();
        else add(scanner.getTokenValue());
        break;
      case token.number:
        add(undefined);
    }
  }
  return found;
}

/** Place in the text of each character of a string, its end included: what escapes take more room for. */
export class StringPlaces {
  readonly #first: number;
  /** Only where the string has escapes. */
  readonly #places: Uint32Array | undefined;

  constructor(text: string, { start, end, value = '' }: SourceScalar) {
    this.#first = start + 1;
    if (end - start - 2 === value.length) return;
    const places = new Uint32Array(value.length + 1);
    let at = start + 1;
    for (let i = 0; i < value.length; i++) {
      places[i] = at;
      at += text[at] !== '\\' ? 1 : text[at + 1] === 'u' ? 6 : 2;
    }
    places[value.length] = at;
    this.#places = places;
  }

  /** `index` is 0 .. length of the decoded string. */
  at(index: number): number {
    return this.#places?.[index] ?? this.#first + index;
  }
}
