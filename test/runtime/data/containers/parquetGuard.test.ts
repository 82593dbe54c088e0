/** @file Claims of a Parquet file that can't be true are refused; each was true before it was changed. */
import { readFileSync } from 'node:fs';
import { parquetMetadata, parquetSchema } from 'hyparquet';
import type { ColumnMetaData, FileMetaData } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import {
  checkChunk,
  checkMetadata,
  chunkRange,
  ParquetDamage,
} from '../../../../runtime/data/containers/parquetGuard.ts';

const bytes = new Uint8Array(
  readFileSync(new URL('../../../fixtures/data/parquet/pairs-none-v2.parquet', import.meta.url)),
);
const read = (): FileMetaData => parquetMetadata(bytes.slice().buffer);
const firstColumn = (metadata: FileMetaData): ColumnMetaData =>
  metadata.row_groups[0]!.columns[0]!.meta_data!;

test('the file as it is', () => {
  const metadata = read();
  checkMetadata(metadata, bytes.length);
  for (const { meta_data: meta } of metadata.row_groups[0]!.columns) {
    const { start, end } = chunkRange(meta!);
    checkChunk(bytes.slice(start, end), meta!, parquetSchema(metadata), bytes.length);
  }
});

describe('metadata', () => {
  test.each<[string, (metadata: FileMetaData) => void]>([
    ['too many rows', (m) => (m.row_groups[0]!.num_rows = 10n ** 12n)],
    ['negative rows', (m) => (m.row_groups[0]!.num_rows = -1n)],
    ['a column before the file', (m) => (firstColumn(m).data_page_offset = -5n)],
    ['a column behind the file', (m) => (firstColumn(m).total_compressed_size = 10n ** 9n)],
    ['a column of negative length', (m) => (firstColumn(m).total_compressed_size = -10n)],
    ['too many values', (m) => (firstColumn(m).num_values = 2n ** 40n)],
    ['an unknown codec', (m) => (firstColumn(m).codec = 'LZO')],
    ['columns elsewhere', (m) => (m.row_groups[0]!.columns[0]!.file_path = 'x')],
    ['a column without description', (m) => delete m.row_groups[0]!.columns[0]!.meta_data],
    ['a name twice', (m) => (m.schema[2]!.name = m.schema[1]!.name)],
    ['a type without end', (m) => (m.schema[1]!.type_length = 1e9)],
  ])('%s', (_, change) => {
    const metadata = read();
    change(metadata);
    expect(() => {
      checkMetadata(metadata, bytes.length);
    }).toThrow(ParquetDamage);
  });

  test('a schema without floor', () => {
    const metadata = read();
    const leaf = metadata.schema[1]!;
    metadata.schema = [
      ...Array.from({ length: 40 }, (_, i) => ({ name: `n${i}`, num_children: 1 })),
      leaf,
    ] as FileMetaData['schema'];
    expect(() => {
      checkMetadata(metadata, bytes.length);
    }).toThrow(/nested too deeply/);
  });
});

describe('pages', () => {
  /** Column chunk of the first column, with some bytes changed; where its first page's values begin is searched for. */
  const changed = (change: (chunk: Uint8Array) => void): (() => void) => {
    const metadata = read();
    const meta = firstColumn(metadata);
    const { start, end } = chunkRange(meta);
    const chunk = bytes.slice(start, end);
    change(chunk);
    return () => {
      checkChunk(chunk, meta, parquetSchema(metadata), bytes.length);
    };
  };

  test('a size beyond the column', () => {
    // Header: field 1 type, field 2 uncompressed size, field 3 compressed size; each a varint behind a field byte.
    expect(changed((chunk) => chunk.fill(0xff, 3, 5))).toThrow();
    expect(changed((chunk) => (chunk[1] = 14))).toThrow(/unknown type|unsupported/);
  });

  test('fewer values in the column than in its pages', () => {
    const metadata = read();
    const meta = firstColumn(metadata);
    const { start, end } = chunkRange(meta);
    meta.num_values = 3n;
    expect(() => {
      checkChunk(bytes.slice(start, end), meta, parquetSchema(metadata), bytes.length);
    }).toThrow(/more values/);
  });
});

describe('runs', () => {
  const schema = parquetSchema({
    schema: [
      { name: 'root', num_children: 1 },
      { name: 'text', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
    ],
  });
  const meta = {
    path_in_schema: ['text'],
    type: 'BYTE_ARRAY',
    codec: 'UNCOMPRESSED',
    num_values: 100n,
  } as ColumnMetaData;
  const zigzag = (value: number): number => value * 2;
  /** A plain data page in Thrift's compact protocol: type, sizes, then value count and encodings. */
  const page = (
    values: number,
    levels: readonly number[],
    encoding = 0,
    rest: readonly number[] = [],
  ): Uint8Array => {
    const data = [levels.length, 0, 0, 0, ...levels, ...rest];
    const size = zigzag(data.length);
    const counts = [0x15, zigzag(values), 0x15, zigzag(encoding), 0x15, zigzag(3), 0x15, zigzag(3), 0];
    return Uint8Array.from([0x15, 0, 0x15, size, 0x15, size, 0x2c, ...counts, 0, ...data]);
  };
  const check = (bytes: Uint8Array): (() => void) => {
    return () => {
      checkChunk(bytes, meta, schema, 1_000);
    };
  };
  /** A repeated value: the count doubled as a varint, then the value. */
  const repeated = (header: readonly number[]): number[] => [...header, 1];

  test('as long as the page', () => {
    expect(check(page(20, repeated([40])))).not.toThrow();
    expect(check(page(20, repeated([20, 1, 20])))).not.toThrow();
  });

  test.each([
    ['half a billion values', repeated([0x80, 0x80, 0x80, 0x80, 0x04])],
    ['a length without end', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 1]],
    ['nothing', repeated([0])],
    ['packed values by the million', [0x81, 0x80, 0x80, 0x08, 0xff]],
  ])('of %s', (_, levels) => {
    expect(check(page(20, levels))).toThrow(ParquetDamage);
  });

  test('of dictionary indices', () => {
    const indices = (header: readonly number[]): Uint8Array =>
      page(20, repeated([40]), 8, [2, ...repeated(header)]);
    expect(check(indices([40]))).not.toThrow();
    expect(check(indices([0x80, 0x80, 0x80, 0x80, 0x04]))).toThrow(ParquetDamage);
    expect(check(page(20, repeated([40]), 8, [77, 40, 1]))).toThrow(/77 bits/);
  });

  test('in an encoding that is not read', () => {
    expect(check(page(20, repeated([40]), 7))).toThrow(/DELTA_BYTE_ARRAY/);
  });
});
