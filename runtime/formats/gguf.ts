/**
 * @file Reads .gguf files by range: magic, version, counts, metadata, tensor infos, then the tensors' bytes at aligned offsets.
 * Everything in the header is checked against the file before it is believed. Layout: ggml/docs/gguf.md.
 */
import { UserError } from '../contract/errors.ts';
import { ByteFile } from './byteFile.ts';
import { blockTypes, otherTypes } from './ggufBlocks.ts';
import type { BlockType } from './ggufBlocks.ts';
import { headerError, readPairs } from './ggufMetadata.ts';
import type { GgufMetadata } from './ggufMetadata.ts';
import { HeaderCursor } from './headerCursor.ts';
import { strictUtf8 } from './utf8.ts';

/** "GGUF", read as a little-endian word. */
const magic = 0x46554747;
const mostTensors = 1_000_000;
const mostNameBytes = 1024;
const mostDimensions = 4;
/** An info holds at least: name length 8, dimensions 4, one size 8, type 4, offset 8. */
const leastInfoBytes = 32;
/** Bytes read at once when a tensor is expanded. */
const chunkBytes = 1 << 20;

export interface GgufTensor {
  readonly name: string;
  readonly type: BlockType;
  /** Row-major, outermost first: the file's order reversed. */
  readonly shape: readonly number[];
  readonly elements: number;
  /** First byte in the file, and the byte after the last. */
  readonly begin: number;
  readonly end: number;
}

/** An open file: the header is read and checked, tensors are read on demand. */
export class GgufFile {
  readonly path: string;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly #file: ByteFile;

  /** Throws `file-missing`, `not-a-file`, `gguf-header`, `gguf-metadata`, `gguf-tensor`, `gguf-type`, `gguf-truncated`. */
  static open(path: string): GgufFile {
    const file = new ByteFile(path);
    try {
      const { cursor, metadata, tensorCount } = readStart(file);
      const tensors = readTensors(cursor, tensorCount, metadata, file);
      return new GgufFile(file, metadata, tensors);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private constructor(file: ByteFile, metadata: GgufMetadata, tensors: ReadonlyMap<string, GgufTensor>) {
    this.path = file.path;
    this.metadata = metadata;
    this.tensors = tensors;
    this.#file = file;
  }

  /** Throws `tensor-missing`. */
  info(name: string): GgufTensor {
    const tensor = this.tensors.get(name);
    if (tensor) return tensor;
    throw new UserError('tensor-missing', `holds no tensor '${name}'.`, { place: { file: this.path } });
  }

  /** Values in row-major order, quantised blocks expanded; `into` must have the tensor's length. */
  readFloat32(name: string, into?: Float32Array): Float32Array {
    const { type, elements, begin } = this.info(name);
    const values = into ?? new Float32Array(elements);
    if (values.length !== elements)
      throw new RangeError(`${name} has ${elements} values, the buffer ${values.length}`);
    const blocks = elements / type.values;
    const atOnce = Math.max(1, Math.floor(chunkBytes / type.bytes));
    const bytes = new Uint8Array(Math.min(blocks, atOnce) * type.bytes);
    for (let done = 0; done < blocks; done += atOnce) {
      const count = Math.min(atOnce, blocks - done);
      this.#file.read(bytes.subarray(0, count * type.bytes), begin + done * type.bytes);
      type.expand(bytes, count, values, done * type.values);
    }
    return values;
  }

  close(): void {
    this.#file.close();
  }
}

/** The metadata alone, for what needs no tensors (tokenizer, lists). Throws as `GgufFile.open`, without the tensors' codes. */
export function readGgufMetadata(path: string): GgufMetadata {
  const file = new ByteFile(path);
  try {
    return readStart(file).metadata;
  } finally {
    file.close();
  }
}

function readStart(file: ByteFile): { cursor: HeaderCursor; metadata: GgufMetadata; tensorCount: number } {
  const { path } = file;
  const cursor = new HeaderCursor(file);
  if (cursor.u32('the magic number') !== magic) throw headerError(path, 0, 'does not begin with "GGUF".');
  const version = cursor.u32('the version');
  if (version !== 2 && version !== 3) {
    const swapped = version > 0xffff ? ' (a big-endian file)' : '';
    throw new UserError('gguf-version', `is of GGUF version ${version}${swapped}; 2 and 3 are read.`, {
      place: { file: path, byte: 4 },
      hint: 'Convert the model again with a current converter.',
    });
  }
  const tensorCount = cursor.u64('the number of tensors');
  if (tensorCount > mostTensors || tensorCount * leastInfoBytes > file.size)
    throw headerError(path, 8, `announces ${tensorCount} tensors, more than the file can hold.`);
  const keyCount = cursor.u64('the number of keys');
  return { cursor, metadata: readPairs(cursor, keyCount, path), tensorCount };
}

/** A tensor's info before the start of the data is known. */
interface Placed {
  readonly name: string;
  readonly type: BlockType;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly offset: number;
  readonly bytes: number;
}

function readTensors(
  cursor: HeaderCursor,
  count: number,
  metadata: GgufMetadata,
  file: ByteFile,
): ReadonlyMap<string, GgufTensor> {
  const alignment = readAlignment(metadata, file.path);
  const placed: Placed[] = [];
  for (let i = 0; i < count; i++) placed.push(readTensor(cursor, i, alignment, file.path));
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const { name, type, shape, elements, offset, bytes } of placed) {
    if (tensors.has(name)) throw tensorError(file.path, name, 'stands in the header twice.');
    const begin = dataStart + offset;
    const end = begin + bytes;
    if (end > file.size) {
      throw new UserError(
        'gguf-truncated',
        `the tensor '${name}' ends at byte ${end}, but the file ends at byte ${file.size}: it is truncated.`,
        { place: { file: file.path, byte: file.size }, hint: 'Download or export the file again.' },
      );
    }
    tensors.set(name, { name, type, shape, elements, begin, end });
  }
  checkOverlap([...tensors.values()], file.path);
  return tensors;
}

function readAlignment(metadata: GgufMetadata, path: string): number {
  const alignment = metadata.number('general.alignment') ?? 32;
  if (Number.isInteger(Math.log2(alignment)) && alignment >= 8 && alignment <= 1 << 20) return alignment;
  throw new UserError(
    'gguf-metadata',
    `general.alignment is ${alignment}; a power of two from 8 on was expected.`,
    {
      place: { file: path, what: 'general.alignment' },
    },
  );
}

function readTensor(cursor: HeaderCursor, index: number, alignment: number, path: string): Placed {
  const at = cursor.position;
  const what = `the info of tensor ${index + 1}`;
  const length = cursor.u64(what);
  if (length === 0 || length > mostNameBytes)
    throw headerError(path, at, `${what} announces a name of ${length} bytes.`);
  const name = strictUtf8(cursor.bytes(length, what));
  if (name === undefined) throw headerError(path, at + 8, `${what} has a name that is not UTF-8.`);
  const shape = readShape(cursor, name, path);
  const type = readBlockType(cursor, name, path);
  const elements = shape.reduce((n, size) => n * size, 1);
  if (!Number.isSafeInteger(elements)) throw tensorError(path, name, `has the shape [${shape.join(', ')}].`);
  if (shape.at(-1)! % type.values !== 0)
    throw tensorError(
      path,
      name,
      `has rows of ${shape.at(-1)!} values; ${type.name} needs a multiple of ${type.values}.`,
    );
  const offset = cursor.u64(what);
  if (offset % alignment !== 0)
    throw tensorError(path, name, `begins at offset ${offset}, which is not a multiple of ${alignment}.`);
  return { name, type, shape, elements, offset, bytes: (elements / type.values) * type.bytes };
}

function readShape(cursor: HeaderCursor, name: string, path: string): number[] {
  const dimensions = cursor.u32(name);
  if (dimensions < 1 || dimensions > mostDimensions)
    throw tensorError(path, name, `has ${dimensions} dimensions; 1 to ${mostDimensions} were expected.`);
  const shape: number[] = [];
  for (let i = 0; i < dimensions; i++) {
    const size = cursor.u64(name);
    if (size < 1 || !Number.isSafeInteger(size)) throw tensorError(path, name, `has a dimension of ${size}.`);
    shape.unshift(size);
  }
  return shape;
}

function readBlockType(cursor: HeaderCursor, name: string, path: string): BlockType {
  const number = cursor.u32(name);
  const type = blockTypes.get(number);
  if (type) return type;
  const known = otherTypes.get(number);
  const shown = known === undefined ? `of the unknown type ${number}` : `of type ${known}, which is not read`;
  throw new UserError('gguf-type', `the tensor '${name}' is ${shown}.`, {
    place: { file: path, what: name },
    hint: `Supported: ${[...blockTypes.values()].map((supported) => supported.name).join(', ')}.`,
  });
}

function tensorError(file: string, name: string, message: string): UserError {
  return new UserError('gguf-tensor', `the tensor '${name.slice(0, 200)}' ${message}`, {
    place: { file, what: name.slice(0, 200) },
    hint: 'The file is damaged or was made to mislead: download or export it again.',
  });
}

function checkOverlap(tensors: GgufTensor[], path: string): void {
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  for (let i = 1; i < tensors.length; i++) {
    const [before, tensor] = [tensors[i - 1]!, tensors[i]!];
    if (tensor.begin < before.end)
      throw tensorError(path, tensor.name, `overlaps the tensor '${before.name}'.`);
  }
}
