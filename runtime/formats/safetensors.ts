/**
 * @file Reads and writes .safetensors files by range: u64 header length, JSON header, then the tensors' bytes without a gap.
 * Own code: the npm readers take the whole file into memory and trust its header. Layout: huggingface/safetensors, README "Format".
 */
import { UserError } from '../contract/errors.ts';
import { ByteFile, writeAtomically } from './byteFile.ts';
import { expandBfloat16, expandHalf } from './halfFloats.ts';
import { dtypeBytes, parseHeader } from './safetensorsHeader.ts';
import type { Dtype, TensorInfo } from './safetensorsHeader.ts';

export type { Dtype, TensorInfo } from './safetensorsHeader.ts';

/** The reference implementation refuses longer headers. */
const headerLimit = 100_000_000;
/** Values that are converted at once: small enough to stay in the cache, large enough for few system calls. */
const chunkValues = 1 << 19;

type Typed = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float64Array;

/** How each data type becomes numbers; what is missing here can only be read as bytes. */
const numeric: Partial<Record<Dtype, { new (buffer: ArrayBufferLike, at: number, count: number): Typed }>> = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  U16: Uint16Array,
  I16: Int16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  U32: Uint32Array,
  I32: Int32Array,
  F64: Float64Array,
};

/** An open file: the header is read and checked, tensors are read on demand. */
export class SafetensorsFile {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** By name, in the header's order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly #file: ByteFile;

  /** Opens and checks. Throws `file-missing`, `not-a-file`, `safetensors-header`, `safetensors-truncated`, `safetensors-tensor`. */
  static open(path: string): SafetensorsFile {
    const file = new ByteFile(path);
    try {
      return new SafetensorsFile(file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private constructor(file: ByteFile) {
    const { metadata, tensors } = parseHeader(readHeader(file), { file: file.path, size: file.size });
    this.path = file.path;
    this.metadata = metadata;
    this.tensors = tensors;
    this.#file = file;
  }

  /** Header entry of a tensor. Throws `tensor-missing`. */
  info(name: string): TensorInfo {
    const info = this.tensors.get(name);
    if (info) return info;
    throw new UserError('tensor-missing', `holds no tensor '${name}'.`, { place: { file: this.path } });
  }

  /** A tensor's bytes as stored, little endian. `into` must have the tensor's length. */
  readBytes(name: string, into?: Uint8Array): Uint8Array {
    const { begin, end } = this.info(name);
    if (into !== undefined && into.length !== end - begin)
      throw new RangeError(`${name} has ${end - begin} bytes, the buffer ${into.length}`);
    return this.#file.read(into ?? new Uint8Array(end - begin), begin);
  }

  /** A tensor's values in row-major order; all floating and integer types but 8-bit floats. Throws `dtype-unsupported`. */
  readFloat32(name: string, into?: Float32Array): Float32Array {
    const info = this.info(name);
    const values = into ?? new Float32Array(info.elements);
    if (values.length !== info.elements)
      throw new RangeError(`${name} has ${info.elements} values, the buffer ${values.length}`);
    if (info.dtype === 'F32') {
      this.#file.read(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), info.begin);
      return values;
    }
    this.#eachChunk(info, (chunk, offset) => {
      if (info.dtype === 'F16') expandHalf(chunk as Uint16Array, values, offset);
      else if (info.dtype === 'BF16') expandBfloat16(chunk as Uint16Array, values, offset);
      else values.set(chunk, offset);
    });
    return values;
  }

  /** A tensor of integers or booleans. Throws `dtype-unsupported` for others and `integer-range` beyond 32 bits. */
  readInts(name: string): Int32Array {
    const info = this.info(name);
    if (/^(F|BF)/.test(info.dtype)) throw this.#unsupported(info, 'integers were expected.');
    const values = new Int32Array(info.elements);
    this.#eachChunk(info, (chunk, offset) => {
      for (let i = 0; i < chunk.length; i++) {
        const value = chunk[i]!;
        if ((value | 0) !== value) {
          throw new UserError('integer-range', `element ${offset + i} is ${value}: more than 32 bits hold.`, {
            place: { file: this.path, what: name },
          });
        }
        values[offset + i] = value;
      }
    });
    return values;
  }

  #unsupported(info: TensorInfo, why: string): UserError {
    return new UserError('dtype-unsupported', `tensor '${info.name}' is of type ${info.dtype}; ${why}`, {
      place: { file: this.path, what: info.name },
    });
  }

  /** Passes the stored numbers on in chunks; 64-bit integers as doubles. */
  #eachChunk(info: TensorInfo, use: (chunk: Typed, offset: number) => void): void {
    const wide = info.dtype === 'I64' || info.dtype === 'U64';
    const View = wide ? Uint32Array : numeric[info.dtype];
    if (!View) throw this.#unsupported(info, 'it cannot be read as numbers.');
    const width = dtypeBytes[info.dtype];
    const bytes = new Uint8Array(Math.min(info.elements, chunkValues) * width);
    for (let offset = 0; offset < info.elements; offset += chunkValues) {
      const count = Math.min(chunkValues, info.elements - offset);
      this.#file.read(bytes.subarray(0, count * width), info.begin + offset * width);
      const words = new View(bytes.buffer, 0, wide ? 2 * count : count);
      use(wide ? joinWords(words as Uint32Array, info.dtype === 'I64') : words, offset);
    }
  }

  close(): void {
    this.#file.close();
  }
}

/** 64-bit integers from their halves, low half first; beyond 2^53 the nearest double. */
function joinWords(words: Uint32Array, signed: boolean): Float64Array {
  const values = new Float64Array(words.length / 2);
  for (let i = 0; i < values.length; i++) {
    const high = words[2 * i + 1]!;
    values[i] = words[2 * i]! + (signed ? high | 0 : high) * 2 ** 32;
  }
  return values;
}

function readHeader(file: ByteFile): Uint8Array {
  const fail = (message: string): never => {
    throw new UserError('safetensors-header', message, {
      place: { file: file.path, byte: 0 },
      hint: 'The file is damaged or not a .safetensors file: download or export it again.',
    });
  };
  if (file.size < 8)
    return fail(`has ${file.size} bytes; a .safetensors file begins with 8 bytes of length.`);
  const [low, high] = new Uint32Array(file.read(new Uint8Array(8), 0).buffer);
  const length = high! * 2 ** 32 + low!;
  if (length > headerLimit)
    return fail(`announces a header of ${length} bytes; at most ${headerLimit} are read.`);
  if (length > file.size - 8)
    return fail(`announces a header of ${length} bytes, but only ${file.size - 8} bytes follow.`);
  return file.read(new Uint8Array(length), 8);
}

/** A tensor to be written; `data` may be a function, called when its turn comes, so that not all need be in memory at once. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView | (() => ArrayBufferView);
}

/**
 * Writes a file atomically, tensor by tensor: the widest types first (so that each is aligned), then by name; metadata by key.
 * Throws `disk-full` or `file-unwritable`; data of the wrong length is a `RangeError` of the caller's.
 */
export function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const sorted = [...tensors].sort(
    (a, b) => dtypeBytes[b.dtype] - dtypeBytes[a.dtype] || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  let end = 0;
  const bytesOf = ({ dtype, shape }: TensorToWrite): number =>
    shape.reduce((n, size) => n * size, dtypeBytes[dtype]);
  const entries = sorted.map((tensor) => {
    const begin = end;
    end += bytesOf(tensor);
    return [tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] }] as const;
  });
  if (new Set(sorted.map(({ name }) => name)).size !== sorted.length)
    throw new RangeError('two tensors have the same name');
  const sortedMetadata = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
  const header: Record<string, unknown> = Object.fromEntries<unknown>([
    ...(Object.keys(metadata).length > 0 ? [['__metadata__', sortedMetadata] as const] : []),
    ...entries,
  ]);
  const text = Buffer.from(JSON.stringify(header), 'utf8');
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  writeAtomically(path, (append) => {
    append(length);
    append(padded);
    for (const tensor of sorted) {
      const data = typeof tensor.data === 'function' ? tensor.data() : tensor.data;
      if (data.byteLength !== bytesOf(tensor))
        throw new RangeError(
          `${tensor.name} needs ${bytesOf(tensor)} bytes, its data has ${data.byteLength}`,
        );
      append(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
}
