/** @file Writes .gguf files for tests: any header, right or wrong. */
import { writeFileSync } from 'node:fs';

export const valueType = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  text: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
} as const;
export type ValueName = keyof typeof valueType;

/** A value with its type; arrays name the type of their items. */
export type GgufValue =
  | readonly [Exclude<ValueName, 'array'>, number | string | boolean]
  | readonly ['array', Exclude<ValueName, 'array'>, readonly (number | string | boolean)[]];

export interface TensorToWrite {
  readonly name: string;
  /** `ggml_type`; 0 is float32. */
  readonly type: number;
  /** Innermost first, as the file has it. */
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
  /** Instead of the place that follows from the order. */
  readonly offset?: number;
}

export interface GgufContent {
  readonly version?: number;
  readonly alignment?: number;
  readonly metadata?: Readonly<Record<string, GgufValue>>;
  readonly tensors?: readonly TensorToWrite[];
  /** Instead of the true counts. */
  readonly tensorCount?: bigint;
  readonly keyCount?: bigint;
}

const fixed = (bytes: number, write: (buffer: Buffer) => void): Buffer => {
  const buffer = Buffer.alloc(bytes);
  write(buffer);
  return buffer;
};
export const u32 = (value: number): Buffer => fixed(4, (b) => b.writeUInt32LE(value >>> 0));
export const u64 = (value: number | bigint): Buffer => fixed(8, (b) => b.writeBigUInt64LE(BigInt(value)));
export const text = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([u64(bytes.length), bytes]);
};

function scalar(type: Exclude<ValueName, 'array'>, value: number | string | boolean): Buffer {
  switch (type) {
    case 'text':
      return text(String(value));
    case 'bool':
      return Buffer.of(value === true ? 1 : 0);
    case 'u8':
      return fixed(1, (b) => b.writeUInt8(Number(value)));
    case 'i8':
      return fixed(1, (b) => b.writeInt8(Number(value)));
    case 'u16':
      return fixed(2, (b) => b.writeUInt16LE(Number(value)));
    case 'i16':
      return fixed(2, (b) => b.writeInt16LE(Number(value)));
    case 'u32':
      return u32(Number(value));
    case 'i32':
      return fixed(4, (b) => b.writeInt32LE(Number(value)));
    case 'f32':
      return fixed(4, (b) => b.writeFloatLE(Number(value)));
    case 'u64':
      return u64(Number(value));
    case 'i64':
      return fixed(8, (b) => b.writeBigInt64LE(BigInt(Number(value))));
    case 'f64':
      return fixed(8, (b) => b.writeDoubleLE(Number(value)));
  }
}

function pair(key: string, value: GgufValue): Buffer {
  if (value[0] !== 'array')
    return Buffer.concat([text(key), u32(valueType[value[0]]), scalar(value[0], value[1])]);
  const [, item, items] = value;
  return Buffer.concat([
    text(key),
    u32(valueType.array),
    u32(valueType[item]),
    u64(items.length),
    ...items.map((one) => scalar(item, one)),
  ]);
}

const padded = (bytes: number, alignment: number): number => Math.ceil(bytes / alignment) * alignment;

/** The bytes of a .gguf file. */
export function ggufBytes(content: GgufContent): Buffer {
  const { version = 3, alignment = 32, metadata = {}, tensors = [] } = content;
  const pairs = Object.entries(metadata);
  let offset = 0;
  const infos = tensors.map((tensor) => {
    const at = tensor.offset ?? offset;
    offset = padded(offset + tensor.data.length, alignment);
    const dimensions = tensor.dimensions.map((size) => u64(size));
    return Buffer.concat([
      text(tensor.name),
      u32(dimensions.length),
      ...dimensions,
      u32(tensor.type),
      u64(at),
    ]);
  });
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(version),
    u64(content.tensorCount ?? tensors.length),
    u64(content.keyCount ?? pairs.length),
    ...pairs.map(([key, value]) => pair(key, value)),
    ...infos,
  ]);
  const data = tensors.flatMap(({ data }) => [
    data,
    Buffer.alloc(padded(data.length, alignment) - data.length),
  ]);
  return Buffer.concat([head, Buffer.alloc(padded(head.length, alignment) - head.length), ...data]);
}

export function writeGguf(path: string, content: GgufContent): void {
  writeFileSync(path, ggufBytes(content));
}
