/** @file Apache Parquet through hyparquet, one row group at a time. */
import { isUtf8 } from 'node:buffer';
import { parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet';
import type { AsyncBuffer, FileMetaData, RowGroup } from 'hyparquet';
import { UserError } from '../../contract/errors.ts';
import type { ByteFile } from '../../formats/byteFile.ts';
import { rowsPerBatch } from './container.ts';
import type { Container, FileNote, RawRow } from './container.ts';
import { boundedCompressors } from './parquetCodecs.ts';
import { checkChunk, checkMetadata, chunkRange } from './parquetGuard.ts';

/** A row group is read at once. */
const largestGroup = 1 << 30;

/** Rows that are written, and read, together. */
export interface RowGroupReader {
  /** Number of its first row, from 0. */
  readonly first: number;
  readonly count: number;
  /** On disk. */
  readonly bytes: number;
  /** Its rows as JSON would have them. */
  readonly read: () => Promise<unknown[]>;
}

export class Parquet implements Container {
  readonly unit = 'row';
  readonly size: number;
  readonly notes: FileNote[] = [];
  position = 0;
  readonly #file: ByteFile;

  constructor(file: ByteFile) {
    this.#file = file;
    this.size = file.size;
  }

  async *rows(): AsyncGenerator<readonly RawRow[], void, undefined> {
    for (const { first, count, read } of await this.groups()) {
      const rows = await read();
      for (let i = 0; i < count; i += rowsPerBatch)
        yield rows.slice(i, i + rowsPerBatch).map((value, j) => ({ line: first + i + j + 1, value }));
    }
  }

  /** The row groups of the file; nothing of them is read yet. */
  async groups(): Promise<readonly RowGroupReader[]> {
    const metadata = await this.#guarded(async () => {
      if (this.size < 12) throw new Error('it is too short');
      const read = await parquetMetadataAsync(this.#buffer(), { geoparquet: false });
      checkMetadata(read, this.size);
      return read;
    });
    let next = 0;
    return metadata.row_groups.map((group) => {
      const first = next;
      const count = Number(group.num_rows);
      next += count;
      const read = async (): Promise<unknown[]> =>
        (await this.#readGroup(metadata, group, first, count)).map(plain);
      return { first, count, bytes: Number(group.total_byte_size), read };
    });
  }

  async #readGroup(
    metadata: FileMetaData,
    group: RowGroup,
    first: number,
    count: number,
  ): Promise<readonly Record<string, unknown>[]> {
    if (Number(group.total_byte_size) > largestGroup)
      throw new UserError('row-group-too-large', `has a row group of ${group.total_byte_size} bytes.`, {
        place: { file: this.#file.path, what: `row ${first + 1}` },
        hint: 'Write the file with smaller row groups.',
      });
    return this.#guarded(async () => {
      const schema = parquetSchema(metadata);
      for (const { meta_data: meta } of group.columns) {
        const { start, end } = chunkRange(meta!);
        checkChunk(this.#file.read(new Uint8Array(end - start), start), meta!, schema, this.size);
        this.position = Math.max(this.position, end);
      }
      let rows: Record<string, unknown>[] = [];
      await parquetRead({
        file: this.#buffer(),
        metadata,
        rowStart: first,
        rowEnd: first + count,
        rowFormat: 'object',
        compressors: boundedCompressors,
        geoparquet: false,
        // Columns that don't say they are text stay bytes until someone asks (`plain`).
        utf8: false,
        parsers: { stringFromBytes: decodeText },
        onComplete: (complete: Record<string, unknown>[]) => {
          rows = complete;
        },
      });
      if (rows.length !== count) throw new Error(`a row group has ${rows.length} rows, not ${count}`);
      return rows;
    });
  }

  #buffer(): AsyncBuffer {
    const { size } = this;
    return {
      byteLength: size,
      slice: (start, end = size) => {
        if (start < 0 || end > size || end < start) throw new Error('an offset lies outside of the file');
        const bytes = new Uint8Array(end - start);
        this.#file.read(bytes, start);
        return bytes.buffer;
      },
    };
  }

  /** Whatever goes wrong inside the library is damage of the file. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      throw new UserError('parquet-damaged', `can't be read as Parquet: ${(cause as Error).message}.`, {
        place: { file: this.#file.path },
        hint: 'Write the file anew, for example with pandas or DuckDB, or convert it to JSONL.',
        cause,
      });
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : utf8.decode(bytes);
}

/** As JSON would have it: whole numbers as numbers, bytes that are text as text. Records become plain objects. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return isUtf8(value) ? utf8.decode(value) : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null && !(value instanceof Date) && !ArrayBuffer.isView(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  return value;
}
