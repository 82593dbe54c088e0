/**
 * @file A JSON file that is one list of objects, read in chunks: only the element at hand is in memory.
 * Own code, because the JSON libraries in use parse whole texts; this one only finds where elements end.
 */
import { UserError } from '../../contract/errors.ts';
import type { ByteFile } from '../../formats/byteFile.ts';
import { JsonDepth } from '../jsonDepth.ts';
import { chunkSize, largestRow, rowsPerBatch, rowTooLarge } from './container.ts';
import type { Container, FileNote, RawRow } from './container.ts';
import { parseRow } from './jsonLines.ts';

const code = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  comma: 0x2c,
  openBracket: 0x5b,
  closeBracket: 0x5d,
  openBrace: 0x7b,
} as const;

type Expecting = 'list' | 'first' | 'element' | 'comma' | 'end';

/** Feeds on bytes and hands out whole elements. */
class ElementScanner {
  readonly #file: string;
  #expecting: Expecting = 'list';
  readonly #depth = new JsonDepth();
  #line = 1;
  #elementLine = 1;
  #kept: Buffer[] = [];
  #keptLength = 0;

  constructor(file: string) {
    this.#file = file;
  }

  *elements(chunk: Buffer): Generator<[number, Buffer], void, undefined> {
    let start = this.#depth.isOpen ? 0 : -1;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (byte === code.lineFeed) this.#line += 1;
      if (!this.#depth.isOpen) {
        if (!this.#begins(byte)) continue;
        start = i;
      }
      if (!this.#depth.ends(byte)) continue;
      this.#expecting = 'comma';
      yield [this.#elementLine, Buffer.concat([...this.#kept, chunk.subarray(start, i + 1)])];
      this.#kept = [];
      this.#keptLength = 0;
      start = -1;
    }
    if (start < 0) return;
    this.#keptLength += chunk.length - start;
    if (this.#keptLength > largestRow) throw rowTooLarge(this.#file, this.#elementLine);
    this.#kept.push(Buffer.from(chunk.subarray(start)));
  }

  /** Throws when the list isn't closed. */
  finish(): void {
    if (this.#expecting !== 'end') throw this.#unexpected('ends before the list does');
  }

  /** A byte outside of elements; true where one starts. */
  #begins(byte: number): boolean {
    const { tab, lineFeed, carriageReturn, space } = code;
    if (byte === space || byte === lineFeed || byte === carriageReturn || byte === tab) return false;
    const expecting = this.#expecting;
    if (expecting === 'list' && byte === code.openBracket) this.#expecting = 'first';
    else if (expecting === 'comma' && byte === code.comma) this.#expecting = 'element';
    else if ((expecting === 'comma' || expecting === 'first') && byte === code.closeBracket)
      this.#expecting = 'end';
    else if ((expecting === 'first' || expecting === 'element') && byte === code.openBrace) {
      this.#elementLine = this.#line;
      return true;
    } else throw this.#unexpected(`has an unexpected ${JSON.stringify(String.fromCharCode(byte))}`);
    return false;
  }

  #unexpected(what: string): UserError {
    return new UserError('not-a-list', `${what}.`, {
      place: { file: this.#file, line: this.#line },
      hint: 'A .json data file is one list of objects; one object a line is .jsonl.',
    });
  }
}

export class JsonArray implements Container {
  readonly unit = 'line';
  readonly size: number;
  readonly notes: FileNote[] = [];
  position = 0;
  readonly #file: ByteFile;

  constructor(file: ByteFile) {
    this.#file = file;
    this.size = file.size;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- an interface shared with readers that do wait
  async *rows(): AsyncGenerator<readonly RawRow[], void, undefined> {
    const scanner = new ElementScanner(this.#file.path);
    const chunk = Buffer.allocUnsafe(Math.min(chunkSize, Math.max(1, this.size)));
    let batch: RawRow[] = [];
    for (let at = 0; at < this.size; at += chunk.length) {
      let bytes = chunk.subarray(0, Math.min(chunk.length, this.size - at));
      this.#file.read(bytes, at);
      if (at === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
        this.notes.push({ code: 'byte-order-mark', line: 1 });
        bytes = bytes.subarray(3);
      }
      for (const [line, element] of scanner.elements(bytes)) {
        batch.push(parseRow(element, this.#file.path, line)!);
        if (batch.length < rowsPerBatch) continue;
        yield batch;
        batch = [];
      }
      this.position = at + chunk.length;
    }
    scanner.finish();
    if (batch.length > 0) yield batch;
  }
}
