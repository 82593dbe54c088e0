/** @file One JSON object a line (.jsonl, .ndjson): read in chunks, one line at a time in memory. */
import { isUtf8 } from 'node:buffer';
import { UserError } from '../../contract/errors.ts';
import type { ByteFile } from '../../formats/byteFile.ts';
import { chunkSize, invalidUtf8, largestRow, rowsPerBatch, rowTooLarge } from './container.ts';
import type { Container, FileNote, RawRow } from './container.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

export class JsonLines implements Container {
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
    let batch: RawRow[] = [];
    for (const [line, bytes] of this.#lines()) {
      const row = this.#parse(bytes, line);
      if (row === undefined) continue;
      batch.push(row);
      if (batch.length < rowsPerBatch) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  /** Lines without their line feed, counted from 1; the bytes are only valid until the next one. */
  *#lines(): Generator<[number, Buffer], void, undefined> {
    const chunk = Buffer.allocUnsafe(Math.min(chunkSize, Math.max(1, this.size)));
    let kept: Buffer[] = [];
    let keptLength = 0;
    let line = 1;
    for (let at = 0; at < this.size; at += chunk.length) {
      const bytes = chunk.subarray(0, Math.min(chunk.length, this.size - at));
      this.#file.read(bytes, at);
      let start = 0;
      for (;;) {
        const end = bytes.indexOf(lineFeed, start);
        const part = bytes.subarray(start, end < 0 ? bytes.length : end);
        if (keptLength + part.length > largestRow) throw rowTooLarge(this.#file.path, line);
        if (end < 0) {
          kept.push(Buffer.from(part));
          keptLength += part.length;
          break;
        }
        yield [line, keptLength === 0 ? part : Buffer.concat([...kept, part])];
        kept = [];
        keptLength = 0;
        line += 1;
        start = end + 1;
      }
      this.position = at + bytes.length;
    }
    if (keptLength > 0) yield [line, Buffer.concat(kept)];
  }

  /** Undefined for a blank line. */
  #parse(line: Buffer, number: number): RawRow | undefined {
    let bytes = line;
    if (number === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
      this.notes.push({ code: 'byte-order-mark', line: 1 });
      bytes = bytes.subarray(3);
    }
    if (bytes.at(-1) === carriageReturn) {
      if (!this.notes.some(({ code }) => code === 'carriage-returns'))
        this.notes.push({ code: 'carriage-returns', line: number });
      bytes = bytes.subarray(0, -1);
    }
    return parseRow(bytes, this.#file.path, number);
  }
}

/** Undefined for nothing but whitespace; what can't be read becomes the row's error, with the column where the parser knows it. */
export function parseRow(bytes: Buffer, file: string, line: number): RawRow | undefined {
  if (!isUtf8(bytes)) return { line, value: undefined, error: invalidUtf8(file, line) };
  const text = bytes.toString('utf8');
  if (text.trim() === '') return undefined;
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch (cause) {
    return { line, value: undefined, error: notJson(cause as Error, file, line) };
  }
}

function notJson(cause: Error, file: string, line: number): UserError {
  const position = /at position (\d+)/.exec(cause.message)?.[1];
  const reason = cause.message.replace(/ in JSON at position.*| \(line \d+ column \d+\)/s, '');
  return new UserError('row-not-json', `is not JSON: ${reason}.`, {
    place: { file, line, ...(position === undefined ? {} : { column: Number(position) + 1 }) },
    hint: 'A .jsonl file has one JSON object a line.',
    cause,
  });
}
