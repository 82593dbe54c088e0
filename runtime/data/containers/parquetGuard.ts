/**
 * @file Checks a Parquet file's claims before hyparquet acts on them: offsets inside the file, counts in proportion to it,
 * run lengths within their page. The library trusts all of these, so that a few wrong bytes would fill memory or never end.
 */
import { parquetSchema } from 'hyparquet';
import type { ColumnMetaData, FileMetaData, PageHeader, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import { boundedCompressors, checkPageSize, isReadableCodec } from './parquetCodecs.ts';

const largestSchema = 10_000;
const deepestSchema = 32;
const largestGroups = 100_000;
/** Runs are padded to multiples of eight values, some writers pad a little more. */
const padding = 512;
const largestTypeLength = 65_536;

/** Thrown for a claim that can't be true; the reader says it with the file's name. */
export class ParquetDamage extends Error {}

/** Rows and values a file of this size may have: compression is bounded, and a row says something. */
const largestCount = (fileSize: number): number => 65_536 + 8 * fileSize;

function count(value: unknown, largest: number, what: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > largest)
    throw new ParquetDamage(`${what} is ${String(value)}`);
  return number;
}

/** Throws `ParquetDamage`. */
export function checkMetadata(metadata: FileMetaData, fileSize: number): void {
  if (metadata.schema.length > largestSchema) throw new ParquetDamage('its schema is too large');
  checkTree(parquetSchema(metadata), 0);
  if (metadata.row_groups.length > largestGroups) throw new ParquetDamage('it has too many row groups');
  let rows = 0;
  for (const group of metadata.row_groups) {
    rows += count(group.num_rows, largestCount(fileSize), 'the number of rows in a group');
    for (const { meta_data: meta, file_path: path } of group.columns) {
      if (path !== undefined) throw new ParquetDamage('its columns lie in other files');
      if (meta === undefined)
        throw new ParquetDamage('a column has no description (encrypted files are not read)');
      checkColumn(meta, fileSize);
    }
  }
  if (rows > largestCount(fileSize)) throw new ParquetDamage(`it claims ${rows} rows`);
}

function checkTree({ children, element }: SchemaTree, depth: number): void {
  if (depth > deepestSchema) throw new ParquetDamage('its schema is nested too deeply');
  if (typeof element.name !== 'string') throw new ParquetDamage('a column has no name');
  if (element.type_length !== undefined)
    count(element.type_length, largestTypeLength, 'the length of a type');
  const names = new Set(children.map((child) => child.element.name));
  if (names.size !== children.length) throw new ParquetDamage('two columns have the same name');
  for (const child of children) checkTree(child, depth + 1);
}

function checkColumn(meta: ColumnMetaData, fileSize: number): void {
  // Types say these are there; the file may not.
  const { codec, type } = meta as { codec: string | undefined; type: string | undefined };
  if (type === undefined) throw new ParquetDamage('a column has no type');
  if (!isReadableCodec(codec))
    throw new ParquetDamage(`it is compressed with ${codec ?? 'an unknown codec'}`);
  const { start, end } = chunkRange(meta);
  count(start, fileSize, 'the start of a column');
  count(end, fileSize, 'the end of a column');
  if (end < start) throw new ParquetDamage('a column ends before it starts');
  count(meta.num_values, largestCount(fileSize), 'the number of values in a column');
}

/** Bytes of a column chunk in the file. */
export function chunkRange(meta: ColumnMetaData): { start: number; end: number } {
  // As the library has it: zero means that there is no dictionary.
  const start = Number(
    meta.dictionary_page_offset === undefined || meta.dictionary_page_offset === 0n
      ? meta.data_page_offset
      : meta.dictionary_page_offset,
  );
  return { start, end: start + Number(meta.total_compressed_size) };
}

/** Walks all pages of a column chunk. Throws `ParquetDamage`, or a plain error from a decompressor. */
export function checkChunk(
  bytes: Uint8Array,
  meta: ColumnMetaData,
  schema: SchemaTree,
  fileSize: number,
): void {
  const path = getTreePath(schema, meta.path_in_schema);
  const levels = { repetition: getMaxRepetitionLevel(path), definition: getMaxDefinitionLevel(path) };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = { view, offset: 0 };
  let left = count(meta.num_values, largestCount(fileSize), 'the number of values in a column');
  while (reader.offset < view.byteLength - 1) {
    const header = parquetHeader(reader);
    const size = count(header.compressed_page_size, view.byteLength - reader.offset, 'the size of a page');
    const page = bytes.subarray(reader.offset, reader.offset + size);
    reader.offset += size;
    checkPageSize(meta.codec === 'UNCOMPRESSED' ? Math.max(size, 1) : size, header.uncompressed_page_size);
    left -= checkPage(page, header, meta, levels, largestCount(fileSize));
    if (left < 0) throw new ParquetDamage('its pages hold more values than the column');
  }
}

interface Levels {
  readonly repetition: number;
  readonly definition: number;
}

/** Values in the page; zero for a dictionary. */
function checkPage(
  page: Uint8Array,
  header: PageHeader,
  meta: ColumnMetaData,
  levels: Levels,
  largest: number,
): number {
  const uncompress = (input: Uint8Array, size: number): Uint8Array => {
    const codec = boundedCompressors[meta.codec];
    const output = codec === undefined ? input : codec(input, size);
    if (output.length !== size) throw new ParquetDamage('a page is not as long as it claims');
    return output;
  };
  if (header.type === 'DICTIONARY_PAGE') {
    count(header.dictionary_page_header?.num_values, largest, 'the number of values in a dictionary');
    return 0;
  }
  if (header.type === 'DATA_PAGE') {
    const values = count(header.data_page_header?.num_values, largest, 'the number of values in a page');
    const data = uncompress(page, header.uncompressed_page_size);
    let at = 0;
    for (const level of [levels.repetition, levels.definition]) {
      if (level === 0) continue;
      const length = count(
        new DataView(data.buffer, data.byteOffset).getUint32(at, true),
        data.length,
        'a length',
      );
      checkRuns(data.subarray(at + 4, at + 4 + length), bitWidth(level), values);
      at += 4 + length;
    }
    checkValues(data.subarray(at), header.data_page_header?.encoding, meta, values);
    return values;
  }
  const second = header.data_page_header_v2;
  if (header.type !== 'DATA_PAGE_V2' || second === undefined)
    throw new ParquetDamage('a page is of an unknown type');
  const values = count(second.num_values, largest, 'the number of values in a page');
  count(second.num_nulls, values, 'the number of nulls in a page');
  count(second.num_rows, values, 'the number of rows in a page');
  const repetition = count(second.repetition_levels_byte_length, page.length, 'a length');
  const definition = count(second.definition_levels_byte_length, page.length - repetition, 'a length');
  const levelBytes = repetition + definition;
  if (levels.repetition > 0) checkRuns(page.subarray(0, repetition), bitWidth(levels.repetition), values);
  if (levels.definition > 0)
    checkRuns(page.subarray(repetition, levelBytes), bitWidth(levels.definition), values);
  const size = count(
    header.uncompressed_page_size - levelBytes,
    header.uncompressed_page_size,
    'the size of a page',
  );
  const compressed = page.subarray(levelBytes);
  checkValues(
    second.is_compressed === false ? compressed : uncompress(compressed, size),
    second.encoding,
    meta,
    values,
  );
  return values;
}

const bitWidth = (largest: number): number => 32 - Math.clz32(largest);

/** Parquet's run-length / bit-packed hybrid: the runs together hold no more values than the page. */
function checkRuns(bytes: Uint8Array, width: number, values: number): void {
  let seen = 0;
  let at = 0;
  while (seen < values && at < bytes.length) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift > 28 || at >= bytes.length) throw new ParquetDamage('a run has no length');
      const byte = bytes[at++]!;
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const packed = header % 2 === 1;
    const length = Math.floor(header / 2) * (packed ? 8 : 1);
    if (length === 0 || length > values - seen + padding)
      throw new ParquetDamage('a run is longer than its page');
    at += packed ? (length / 8) * width : (width + 7) >> 3;
    seen += length;
  }
}

/** Read value by value, so that the page's end ends them. DELTA_BYTE_ARRAY is left out: prefixes multiply without bound. */
const plainEncodings = new Set([
  'PLAIN',
  'BYTE_STREAM_SPLIT',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BINARY_PACKED',
]);
const indexEncodings = new Set(['RLE', 'PLAIN_DICTIONARY', 'RLE_DICTIONARY']);

function checkValues(
  bytes: Uint8Array,
  encoding: string | undefined,
  meta: ColumnMetaData,
  values: number,
): void {
  if (encoding !== undefined && plainEncodings.has(encoding)) return;
  if (encoding === undefined || !indexEncodings.has(encoding))
    throw new ParquetDamage(`its values are in the encoding ${encoding ?? 'unknown'}, which is not read`);
  if (meta.type === 'BOOLEAN') {
    checkRuns(bytes.subarray(4), 1, values);
    return;
  }
  const width = bytes[0] ?? 0;
  if (width > 32) throw new ParquetDamage(`an index takes ${width} bits`);
  if (width > 0) checkRuns(bytes.subarray(1), width, values);
}
