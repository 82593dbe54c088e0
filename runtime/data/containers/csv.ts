/** @file Comma- or tab-separated values with a header line, through csv-parse. */
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { UserError } from '../../contract/errors.ts';
import type { ByteFile } from '../../formats/byteFile.ts';
import { chunkSize, invalidUtf8, largestRow, rowsPerBatch } from './container.ts';
import type { Container, FileNote, RawRow } from './container.ts';

interface Parsed {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}

export class Csv implements Container {
  readonly unit = 'line';
  readonly size: number;
  readonly notes: FileNote[] = [];
  position = 0;
  readonly #file: ByteFile;
  readonly #delimiter: string;
  #line = 1;

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
        batch.push({ line: this.#line + 1, value: record });
        this.#line = info.lines;
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
    const chunk = new Uint8Array(Math.min(chunkSize, Math.max(1, this.size)));
    for (let at = 0; at < this.size; at += chunk.length) {
      const bytes = chunk.subarray(0, Math.min(chunk.length, this.size - at));
      this.#file.read(bytes, at);
      let text: string;
      try {
        text = decoder.decode(bytes, { stream: at + chunk.length < this.size });
      } catch {
        throw invalidUtf8(this.#file.path, this.#line);
      }
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
