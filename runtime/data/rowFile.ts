/** @file Rows of a data file of any size by their number: at once from the start, anywhere as soon as an index has passed. */
import { extname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { ByteFile } from '../formats/byteFile.ts';
import { openContainer } from './containers/open.ts';
import type { RowGroupReader } from './containers/parquet.ts';
import { CsvSplitter, ElementSplitter, LineSplitter } from './recordSplitters.ts';
import type { RecordStart, Splitter } from './recordSplitters.ts';
import { SparseIndex } from './sparseIndex.ts';

export interface FileRow {
  /** From 1, without blank lines. */
  readonly row: number;
  /** The number that messages give it: its line, or its row in a file without lines. */
  readonly line: number;
  /** In the file; 0 where rows have no place of their own. */
  readonly bytes: number;
  /** The row as JSON, as it stands there if it is JSON. */
  readonly text: string;
}

export interface RowFile {
  readonly unit: 'line' | 'row';
  readonly size: number;
  /** Rows seen so far, and whether these are all. */
  readonly known: number;
  readonly complete: boolean;
  /** Up to `count` rows from row `first` (from 1) on, as far as they are known, of at most the next `within` bytes or so. */
  rows(first: number, count: number, within?: number): Promise<FileRow[]>;
  /** All rows from `first` on, in small batches. */
  stream(first?: number): AsyncGenerator<readonly FileRow[], void, undefined>;
  /** The row that begins on a line; undefined where none does. */
  atLine(line: number): Promise<FileRow | undefined>;
  /** Passes over the file once; rows can be read all the while. */
  index(options?: IndexOptions): Promise<void>;
  /** To be kept on disk once complete; undefined for a file that needs none. */
  record(): unknown;
  close(): void;
}

export interface IndexOptions {
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

const chunkBytes = 1 << 20;
/** A page of rows is near its index entry. */
const seekBytes = 1 << 17;
/** Milliseconds after which others get their turn. */
const longestSlice = 12;
/** Bytes of a row that are handed out; the rest of a longer one is never on a screen. */
const longestText = 1 << 24;
const streamedRows = 256;

/** Throws what opening a data file throws. `record` is what an earlier index of the same content left. */
export async function openRowFile(path: string, record?: unknown): Promise<RowFile> {
  const file = new ByteFile(path);
  try {
    const container = await openContainer(file);
    if (container.unit === 'row') return await openParquetRows(file);
    const format = formatOf(file, path);
    return new ScannedRows(file, format, record);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Loaded only where it is needed: its decompressors take a while to start. */
async function openParquetRows(file: ByteFile): Promise<RowFile> {
  const { Parquet } = await import('./containers/parquet.ts');
  return new ParquetRows(file, await new Parquet(file).groups());
}

interface ScannedFormat {
  readonly splitter: (start: RecordStart) => Splitter;
  /** The bytes of a record as JSON text. */
  readonly text: (bytes: Buffer) => string;
  /** Records at the start that are no rows: a header. */
  readonly skipped: number;
}

const plainText = (bytes: Buffer): string => {
  const text = bytes.toString('utf8');
  return (text.startsWith('\uFEFF') ? text.slice(1) : text).replace(/\r$/, '');
};

function formatOf(file: ByteFile, path: string): ScannedFormat {
  const extension = extname(path).toLowerCase();
  if (extension === '.csv') return csvFormat(file, ',');
  if (extension === '.tsv') return csvFormat(file, '\t');
  const start = Buffer.from(file.read(new Uint8Array(Math.min(4096, file.size)), 0));
  const isList = /^\uFEFF?\s*\[/.test(start.toString('utf8')) && !/\.(jsonl|ndjson)$/.test(extension);
  return isList
    ? { splitter: (at) => new ElementSplitter(at), text: plainText, skipped: 0 }
    : { splitter: (at) => new LineSplitter(at), text: plainText, skipped: 0 };
}

/** A header larger than this is none. */
const longestHeader = 1 << 16;

function csvFormat(file: ByteFile, delimiter: string): ScannedFormat {
  const quotes = delimiter === ',';
  const splitter = (at: RecordStart): Splitter => new CsvSplitter(at, quotes);
  const options = { delimiter, relax_column_count: true, ...(quotes ? {} : { quote: false as const }) };
  const start = Buffer.from(file.read(new Uint8Array(Math.min(longestHeader, file.size)), 0));
  let header: string[] | undefined;
  const scanner = splitter({ offset: 0, line: 1 });
  const take = (from: number, to: number): void => {
    const records: string[][] = parse(plainText(start.subarray(from, to)), options);
    header ??= records[0];
  };
  scanner.scan(start, 0, take);
  scanner.finish(start.length, take);
  const names = header ?? [];
  const text = (bytes: Buffer): string => {
    const [values = []]: string[][] = parse(plainText(bytes), options);
    return JSON.stringify(Object.fromEntries(names.map((name, i) => [name, values[i] ?? null])));
  };
  return { splitter, text, skipped: 1 };
}

/** Files whose records stand one behind the other. */
class ScannedRows implements RowFile {
  readonly unit = 'line';
  readonly size: number;
  readonly #file: ByteFile;
  readonly #format: ScannedFormat;
  #index: SparseIndex;
  #complete = false;

  constructor(file: ByteFile, format: ScannedFormat, record: unknown) {
    this.#file = file;
    this.size = file.size;
    this.#format = format;
    const known = record === undefined ? undefined : SparseIndex.from(record, file.size);
    this.#index = known ?? new SparseIndex();
    this.#complete = known !== undefined;
  }

  get known(): number {
    return this.#index.rows;
  }

  get complete(): boolean {
    return this.#complete;
  }

  record(): unknown {
    return this.#index.record();
  }

  async index({ onProgress, signal }: IndexOptions = {}): Promise<void> {
    if (this.#complete) return;
    // Begun anew, so that two passes never write into one index.
    const index = new SparseIndex();
    const first = this.#index.rows === 0;
    if (first) this.#index = index;
    let paused = performance.now();
    let skip = this.#format.skipped;
    const add = (start: number, _: number, line: number): void => {
      if (skip > 0) skip -= 1;
      else index.add(start, line);
    };
    const splitter = this.#format.splitter({ offset: 0, line: 1 });
    for (const { bytes, base } of this.#chunks(0, chunkBytes)) {
      splitter.scan(bytes, base, add);
      if (performance.now() - paused <= longestSlice) continue;
      onProgress?.(base + bytes.length, this.size);
      await setImmediate();
      signal?.throwIfAborted();
      paused = performance.now();
    }
    splitter.finish(this.size, add);
    this.#index = index;
    this.#complete = true;
    onProgress?.(this.size, this.size);
  }

  /** The same buffer again and again. */
  *#chunks(from: number, size: number): Generator<{ bytes: Buffer; base: number }, void, undefined> {
    const buffer = Buffer.allocUnsafe(Math.min(size, Math.max(1, this.size)));
    for (let base = from; base < this.size; base += buffer.length) {
      const bytes = buffer.subarray(0, Math.min(buffer.length, this.size - base));
      this.#file.read(bytes, base);
      yield { bytes, base };
    }
  }

  /** Records from a place on, with their row numbers from 0, until `visit` says false. */
  #visit(
    from: RecordStart & { row: number; skip: number },
    chunk: number,
    end: number,
    visit: (row: number, start: number, end: number, line: number) => boolean,
  ): void {
    let { row, skip } = from;
    const visiting = { goes: true };
    const take = (start: number, end: number, line: number): void => {
      if (skip > 0) skip -= 1;
      else if (visiting.goes) visiting.goes = visit(row++, start, end, line);
    };
    const splitter = this.#format.splitter(from);
    for (const { bytes, base } of this.#chunks(from.offset, chunk)) {
      splitter.scan(bytes, base, take);
      if (!visiting.goes || base + bytes.length >= end) break;
    }
    if (visiting.goes && end >= this.size) splitter.finish(this.size, take);
  }

  #read(row: number, start: number, end: number, line: number): FileRow {
    const bytes = Buffer.allocUnsafe(Math.min(end - start, longestText));
    this.#file.read(bytes, start);
    return { row: row + 1, line, bytes: end - start, text: this.#format.text(bytes) };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- an interface shared with readers that do wait
  async rows(first: number, count: number, within = Infinity): Promise<FileRow[]> {
    const wanted = first - 1;
    if (this.#complete && wanted >= this.#index.rows) return [];
    const entry = this.#index.before(wanted);
    // Before the index has got there only the first rows are near.
    if (!this.#complete && wanted > 0 && wanted >= this.#index.rows) return [];
    const from = entry ?? { row: 0, offset: 0, line: 1 };
    const found: FileRow[] = [];
    const skip = entry === undefined ? this.#format.skipped : 0;
    this.#visit({ ...from, skip }, seekBytes, from.offset + within, (row, start, end, line) => {
      if (row >= wanted) found.push(this.#read(row, start, end, line));
      return found.length < count;
    });
    return found;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async atLine(line: number): Promise<FileRow | undefined> {
    const entry = this.#complete ? this.#index.beforeLine(line) : undefined;
    const from = entry ?? { row: 0, offset: 0, line: 1 };
    const skip = entry === undefined ? this.#format.skipped : 0;
    let found: FileRow | undefined;
    this.#visit({ ...from, skip }, chunkBytes, Infinity, (row, start, end, at) => {
      if (at === line) found = this.#read(row, start, end, at);
      return at < line;
    });
    return found;
  }

  async *stream(first = 1): AsyncGenerator<readonly FileRow[], void, undefined> {
    const entry = this.#index.before(first - 1);
    const from = entry ?? { row: 0, offset: 0, line: 1 };
    const splitter = this.#format.splitter(from);
    let skip = entry === undefined ? this.#format.skipped : 0;
    let { row } = from;
    let batch: FileRow[] = [];
    const take = (start: number, end: number, line: number): void => {
      if (skip > 0) skip -= 1;
      else {
        if (row >= first - 1) batch.push(this.#read(row, start, end, line));
        row += 1;
      }
    };
    for (const { bytes, base } of this.#chunks(from.offset, seekBytes)) {
      splitter.scan(bytes, base, take);
      if (batch.length === 0) continue;
      yield batch;
      batch = [];
      await setImmediate();
    }
    splitter.finish(this.size, take);
    if (batch.length > 0) yield batch;
  }

  close(): void {
    this.#file.close();
  }
}

/** A group that takes more on disk is read anew for each page rather than kept. */
const largestKept = 64 * 1024 * 1024;

/** Rows of a Parquet file: the group that holds them is read, and the last one is kept. */
class ParquetRows implements RowFile {
  readonly unit = 'row';
  readonly complete = true;
  readonly size: number;
  readonly known: number;
  readonly #file: ByteFile;
  readonly #groups: readonly RowGroupReader[];
  #kept: { readonly group: RowGroupReader; readonly values: readonly unknown[] } | undefined;

  constructor(file: ByteFile, groups: readonly RowGroupReader[]) {
    this.#file = file;
    this.size = file.size;
    this.#groups = groups;
    this.known = groups.reduce((rows, { count }) => rows + count, 0);
  }

  async #values(group: RowGroupReader): Promise<readonly unknown[]> {
    if (this.#kept?.group === group) return this.#kept.values;
    this.#kept = undefined;
    const values = await group.read();
    if (group.bytes <= largestKept) this.#kept = { group, values };
    return values;
  }

  async rows(first: number, count: number): Promise<FileRow[]> {
    const found: FileRow[] = [];
    for (const group of this.#groups) {
      if (group.first + group.count < first || found.length >= count) continue;
      const values = await this.#values(group);
      const from = Math.max(0, first - 1 - group.first);
      for (const [i, value] of values.slice(from, from + count - found.length).entries()) {
        const row = group.first + from + i + 1;
        found.push({ row, line: row, bytes: 0, text: JSON.stringify(value) });
      }
    }
    return found;
  }

  async *stream(first = 1): AsyncGenerator<readonly FileRow[], void, undefined> {
    for (let row = first; row <= this.known; row += streamedRows) yield await this.rows(row, streamedRows);
  }

  async atLine(line: number): Promise<FileRow | undefined> {
    return (await this.rows(line, 1))[0];
  }

  /** The file's own description is its index. */
  index(): Promise<void> {
    return Promise.resolve();
  }

  record(): undefined {
    return undefined;
  }

  close(): void {
    this.#file.close();
  }
}
