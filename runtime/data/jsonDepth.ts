/** @file How deep a byte of JSON lies in lists and objects; brackets within texts don't count. */

const code = {
  quote: 0x22,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** Is fed the bytes of one value after the other, each from its opening bracket on. Checks nothing but where a value ends. */
export class JsonDepth {
  #depth = 0;
  #inText = false;
  #escaped = false;

  /** A value has begun and isn't at its end. */
  get isOpen(): boolean {
    return this.#depth > 0;
  }

  /** True for the last byte of a value. */
  ends(byte: number): boolean {
    if (this.#inText) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === code.backslash) this.#escaped = true;
      else if (byte === code.quote) this.#inText = false;
      return false;
    }
    if (byte === code.quote) this.#inText = true;
    else if (byte === code.openBrace || byte === code.openBracket) this.#depth += 1;
    else if (byte === code.closeBrace || byte === code.closeBracket) this.#depth -= 1;
    return this.#depth === 0;
  }
}
