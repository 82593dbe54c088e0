/** @file Where records begin and end in a file of bytes, without reading what they say: lines, CSV records, elements of a list. */
import { JsonDepth } from './jsonDepth.ts';

/** Told of each record in order: its bytes, and the line on which it begins, from 1. */
export type FoundRecord = (start: number, end: number, line: number) => void;

/** Where a splitter begins: at the start of a record. */
export interface RecordStart {
  readonly offset: number;
  readonly line: number;
}

/** Is fed the file's bytes in order from its start on; `base` is the place of the first byte. */
export interface Splitter {
  scan(bytes: Buffer, base: number, found: FoundRecord): void;
  finish(size: number, found: FoundRecord): void;
}

const code = { lineFeed: 0x0a, space: 0x20, quote: 0x22, openBrace: 0x7b } as const;

/** One record a line; blank lines are none. */
export class LineSplitter implements Splitter {
  #start: number;
  #line: number;
  #blank = true;

  constructor({ offset, line }: RecordStart) {
    this.#start = offset;
    this.#line = line;
  }

  scan(bytes: Buffer, base: number, found: FoundRecord): void {
    let from = 0;
    for (;;) {
      const end = bytes.indexOf(code.lineFeed, from);
      const until = end < 0 ? bytes.length : end;
      for (let i = from; this.#blank && i < until; i++) if (bytes[i]! > code.space) this.#blank = false;
      if (end < 0) return;
      if (!this.#blank) found(this.#start, base + end, this.#line);
      this.#blank = true;
      this.#line += 1;
      this.#start = base + end + 1;
      from = end + 1;
    }
  }

  finish(size: number, found: FoundRecord): void {
    if (!this.#blank) found(this.#start, size, this.#line);
  }
}

/** Records that may hold line breaks within quotes, which double when they are meant (RFC 4180); without quotes a line each. */
export class CsvSplitter implements Splitter {
  readonly #quotes: boolean;
  #start: number;
  #line: number;
  #seenLines = 0;
  #quoted = false;
  #empty = true;

  constructor({ offset, line }: RecordStart, quotes: boolean) {
    this.#start = offset;
    this.#line = line;
    this.#quotes = quotes;
  }

  scan(bytes: Buffer, base: number, found: FoundRecord): void {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (byte === code.quote && this.#quotes) this.#quoted = !this.#quoted;
      if (byte !== code.lineFeed) {
        if (byte > code.space) this.#empty = false;
        continue;
      }
      this.#seenLines += 1;
      if (this.#quoted) continue;
      if (!this.#empty) found(this.#start, base + i, this.#line);
      this.#line += this.#seenLines;
      this.#seenLines = 0;
      this.#empty = true;
      this.#start = base + i + 1;
    }
  }

  finish(size: number, found: FoundRecord): void {
    if (!this.#empty) found(this.#start, size, this.#line);
  }
}

/** The objects of a JSON list. What stands between them isn't checked: reading the row says what is wrong. */
export class ElementSplitter implements Splitter {
  #start = 0;
  #line: number;
  #startLine = 1;
  readonly #depth = new JsonDepth();

  constructor({ line }: RecordStart) {
    this.#line = line;
  }

  scan(bytes: Buffer, base: number, found: FoundRecord): void {
    const depth = this.#depth;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (byte === code.lineFeed) this.#line += 1;
      if (!depth.isOpen) {
        if (byte !== code.openBrace) continue;
        this.#start = base + i;
        this.#startLine = this.#line;
      }
      if (depth.ends(byte)) found(this.#start, base + i + 1, this.#startLine);
    }
  }

  finish(size: number, found: FoundRecord): void {
    if (this.#depth.isOpen) found(this.#start, size, this.#startLine);
  }
}
