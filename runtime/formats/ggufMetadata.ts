/**
 * @file The key-value part of a GGUF file: scalars and texts are read at once, arrays (a vocabulary, its merges) when asked for.
 * Own code: `@huggingface/gguf` reads asynchronously and allocates what the file's counts say before checking them.
 * Layout: ggml/docs/gguf.md.
 */
import { UserError } from '../contract/errors.ts';
import { ByteFile } from './byteFile.ts';
import { HeaderCursor } from './headerCursor.ts';
import { strictUtf8 } from './utf8.ts';

/** Far above any model in use (a vocabulary of 262,144 tokens, half a million merges). */
const limits = {
  keys: 65_536,
  keyBytes: 65_535,
  arrayItems: 1 << 24,
  /** All scalar texts together; the longest is the chat template. */
  textBytes: 1 << 26,
  /** All texts of one array. */
  arrayBytes: 1 << 28,
} as const;

/** `gguf_metadata_value_type` of the specification. */
const valueTypes = [
  'u8',
  'i8',
  'u16',
  'i16',
  'u32',
  'i32',
  'f32',
  'bool',
  'text',
  'array',
  'u64',
  'i64',
  'f64',
] as const;
type ValueType = (typeof valueTypes)[number];
type ItemType = Exclude<ValueType, 'array'>;

const itemBytes = {
  u8: 1,
  i8: 1,
  bool: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  u64: 8,
  i64: 8,
  f64: 8,
} as const;

/** Where an array lies; its items stay in the file. */
interface StoredArray {
  readonly item: ItemType;
  readonly count: number;
  readonly begin: number;
  readonly end: number;
}

type Value = number | boolean | string | StoredArray;

/** Typed access to the metadata. Absent keys give undefined; a value of another type throws `gguf-metadata`. */
export class GgufMetadata {
  readonly file: string;
  readonly #values: ReadonlyMap<string, Value>;

  constructor(file: string, values: ReadonlyMap<string, Value>) {
    this.file = file;
    this.#values = values;
  }

  keys(): IterableIterator<string> {
    return this.#values.keys();
  }

  text(key: string): string | undefined {
    const value = this.#values.get(key);
    if (value === undefined || typeof value === 'string') return value;
    throw this.#wrongType(key, 'a text');
  }

  /** An integer or float; 64-bit integers as the nearest double. */
  number(key: string): number | undefined {
    const value = this.#values.get(key);
    if (value === undefined || typeof value === 'number') return value;
    throw this.#wrongType(key, 'a number');
  }

  flag(key: string): boolean | undefined {
    const value = this.#values.get(key);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.#wrongType(key, 'true or false');
  }

  /** Whether the value is an array, of texts or of numbers. */
  isArray(key: string): boolean {
    return typeof this.#values.get(key) === 'object';
  }

  /** An array of numbers or flags (as 0 and 1), read from the file. */
  numbers(key: string): Float64Array | undefined {
    const array = this.#array(key, 'a list of numbers');
    if (array === undefined) return undefined;
    const { item, count } = array;
    if (item === 'text') throw this.#wrongType(key, 'a list of numbers');
    return this.#reading(array, (cursor) => {
      const values = new Float64Array(count);
      for (let i = 0; i < count; i++) values[i] = Number(readScalar(cursor, item, key));
      return values;
    });
  }

  /** An array of texts, read from the file. */
  texts(key: string): string[] | undefined {
    const array = this.#array(key, 'a list of texts');
    if (array === undefined) return undefined;
    if (array.item !== 'text') throw this.#wrongType(key, 'a list of texts');
    return this.#reading(array, (cursor) => {
      const texts: string[] = [];
      for (let i = 0; i < array.count; i++) {
        const bytes = cursor.bytes(cursor.u64(key), key);
        texts.push(decodeText(bytes, this.file, `${key}[${i}]`, cursor.position));
      }
      return texts;
    });
  }

  #array(key: string, expected: string): StoredArray | undefined {
    const value = this.#values.get(key);
    if (value === undefined || typeof value === 'object') return value;
    throw this.#wrongType(key, expected);
  }

  #reading<T>({ begin }: StoredArray, read: (cursor: HeaderCursor) => T): T {
    const file = new ByteFile(this.file);
    try {
      const cursor = new HeaderCursor(file);
      cursor.position = begin;
      return read(cursor);
    } finally {
      file.close();
    }
  }

  #wrongType(key: string, expected: string): UserError {
    const found = this.#values.get(key);
    const shown = typeof found === 'object' ? `a list of ${found.item}` : `a ${typeof found}`;
    return new UserError('gguf-metadata', `the value of ${key} is ${shown}; ${expected} was expected.`, {
      place: { file: this.file, what: key },
    });
  }
}

/** A mistake in the header at a byte. */
export function headerError(file: string, byte: number, message: string): UserError {
  return new UserError('gguf-header', message, {
    place: { file, byte },
    hint: 'The file is damaged or was made to mislead: download or export it again.',
  });
}

function decodeText(bytes: Uint8Array, file: string, what: string, end: number): string {
  const text = strictUtf8(bytes);
  if (text === undefined) throw headerError(file, end - bytes.length, `the text of ${what} is not UTF-8.`);
  return text;
}

function readScalar(cursor: HeaderCursor, type: Exclude<ItemType, 'text'>, what: string): number | boolean {
  return type === 'bool' ? cursor.u8(what) !== 0 : cursor[type](what);
}

/** Reads key-value pairs. Throws `gguf-header` or `gguf-truncated`. */
export function readPairs(cursor: HeaderCursor, count: number, file: string): GgufMetadata {
  if (count > limits.keys)
    throw headerError(file, cursor.position, `announces ${count} keys; at most ${limits.keys} are read.`);
  const values = new Map<string, Value>();
  let textBytes = 0;
  const text = (what: string, limit: number): string => {
    const at = cursor.position;
    const length = cursor.u64(what);
    textBytes += length;
    if (length > limit || textBytes > limits.textBytes)
      throw headerError(file, at, `${what} announces a text of ${length} bytes, which is too long.`);
    return decodeText(cursor.bytes(length, what), file, what, cursor.position);
  };
  for (let i = 0; i < count; i++) {
    const at = cursor.position;
    const key = text(`the name of key ${i + 1} of ${count}`, limits.keyBytes);
    if (key === '') throw headerError(file, at, `key ${i + 1} of ${count} has no name.`);
    if (values.has(key)) throw headerError(file, at, `the key ${key} stands there twice.`);
    const type = readType(cursor, key, file);
    if (type === 'array') values.set(key, locateArray(cursor, key, file));
    else if (type === 'text') values.set(key, text(key, limits.textBytes));
    else values.set(key, readScalar(cursor, type, key));
  }
  return new GgufMetadata(file, values);
}

function readType(cursor: HeaderCursor, key: string, file: string): ValueType {
  const at = cursor.position;
  const number = cursor.u32(`the type of ${key}`);
  const type = valueTypes[number];
  if (type === undefined) throw headerError(file, at, `the type of ${key} is ${number}, which is not known.`);
  return type;
}

/** Steps over an array and notes where it lies. */
function locateArray(cursor: HeaderCursor, key: string, file: string): StoredArray {
  const item = readType(cursor, key, file);
  const at = cursor.position;
  const count = cursor.u64(`the length of ${key}`);
  if (item === 'array') throw headerError(file, at, `${key} is a list of lists, which is not supported.`);
  if (count > limits.arrayItems)
    throw headerError(file, at, `${key} announces ${count} items; at most ${limits.arrayItems} are read.`);
  const begin = cursor.position;
  if (item === 'text') for (let i = 0; i < count; i++) cursor.skip(cursor.u64(key), key);
  else cursor.skip(count * itemBytes[item], key);
  if (cursor.position - begin > limits.arrayBytes)
    throw headerError(file, at, `${key} takes ${cursor.position - begin} bytes, which is too long.`);
  return { item, count, begin, end: cursor.position };
}
