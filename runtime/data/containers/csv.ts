/** @file Comma- or tab-separated values with a header line, through csv-parse. */
import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { UserError } from '../../contract/errors.ts';
import type { ByteFile } from '../../formats/byteFile.ts';
import { chunkSize, invalidUtf8, largestRow, rowsPerBatch } from './container.ts';
import type { Container, FileNote, RawRow } from './container.ts';

interface Parsed {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number; readonly empty_lines: number };
}

const lineFeed = 0x0a;

/** How many lines of the chunk are good before one isn't UTF-8; the first may begin within a character. */
function linesBeforeDamage(bytes: Buffer): number {
  let start = 0;
  while (start < 3 && (bytes[start]! & 0xc0) === 0x80) start += 1;
  for (let lines = 0; ; lines++) {
    const end = bytes.indexOf(lineFeed, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return lines;
    start = end + 1;
  }
}

export class Csv implements Container {
  readonly unit = 'line';
  readonly size: number;
  readonly notes: FileNote[] = [];
  position = 0;
  readonly #file: ByteFile;
  readonly #delimiter: string;
  /** Lines up to the end of the last record, and how many of them were empty. */
  #line = 1;
  #empty = 0;

  constructor(file: ByteFile, delimiter: ',' | '\t') {
    this.#file = file;
    this.size = file.size;
    this.#delimiter = delimiter;
  }

  async *rows(): AsyncGenerator<readonly RawRow[], void, undefined> {
    const parser = parse({
      delimiter: this.#delimiter,
      columns: (header: string[]) => this.#checkHeader(header),
      info: true,
      skip_empty_lines: true,
      max_record_size: largestRow,
      ...(this.#delimiter === '\t' ? { quote: false as const } : {}),
    });
    const source = Readable.from(this.#texts());
    source.on('error', (error) => parser.destroy(error));
    source.pipe(parser);
    let batch: RawRow[] = [];
    try {
      for await (const parsed of parser) {
        const { record, info } = parsed as Parsed;
        batch.push({ line: this.#line + 1 + info.empty_lines - this.#empty, value: record });
        this.#line = info.lines;
        this.#empty = info.empty_lines;
        if (batch.length < rowsPerBatch) continue;
        yield batch;
        batch = [];
      }
    } catch (error) {
      throw this.#readable(error);
    } finally {
      source.destroy();
      parser.destroy();
    }
    if (batch.length > 0) yield batch;
  }

  *#texts(): Generator<string, void, undefined> {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const chunk = Buffer.allocUnsafe(Math.min(chunkSize, Math.max(1, this.size)));
    let lines = 1;
    for (let at = 0; at < this.size; at += chunk.length) {
      const bytes = chunk.subarray(0, Math.min(chunk.length, this.size - at));
      this.#file.read(bytes, at);
      let text: string;
      try {
        text = decoder.decode(bytes, { stream: at + chunk.length < this.size });
      } catch {
        throw invalidUtf8(this.#file.path, lines + linesBeforeDamage(bytes));
      }
      for (let i = bytes.indexOf(lineFeed); i >= 0; i = bytes.indexOf(lineFeed, i + 1)) lines += 1;
      if (at === 0 && text.startsWith('\uFEFF')) {
        this.notes.push({ code: 'byte-order-mark', line: 1 });
        text = text.slice(1);
      }
      this.position = at + bytes.length;
      yield text;
    }
  }

  #checkHeader(header: readonly string[]): string[] {
    const seen = new Set<string>();
    for (const name of header) {
      if (name === '' || seen.has(name))
        throw new UserError(
          'csv-header',
          name === '' ? 'has a column without a name.' : `names the column "${name}" twice.`,
          { place: { file: this.#file.path, line: 1 }, hint: 'The first line names each column once.' },
        );
      seen.add(name);
    }
    return [...header];
  }

  #readable(error: unknown): unknown {
    if (!(error instanceof CsvError)) return error;
    const lines = (error as { lines?: unknown }).lines;
    return new UserError('csv-damaged', `can't be read: ${error.message}.`, {
      place: { file: this.#file.path, line: typeof lines === 'number' ? lines : this.#line },
      hint: 'Fields with commas, quotes or line breaks stand in double quotes, and quotes inside are doubled.',
      cause: error,
    });
  }
}
