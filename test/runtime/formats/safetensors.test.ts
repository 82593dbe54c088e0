/** @file Reading and writing .safetensors: values, byte layout, and what a hostile header gets. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { SafetensorsFile, writeSafetensors } from '../../../runtime/formats/safetensors.ts';
import type { Dtype } from '../../../runtime/formats/safetensors.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
let counter = 0;
const fresh = (): string => join(folder, `${counter++}.safetensors`);

/** A file of this header (text or JSON) and this many data bytes. */
function craft(header: unknown, dataBytes = 0, length?: bigint): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(length ?? BigInt(text.length));
  const path = fresh();
  writeFileSync(path, Buffer.concat([head, text, Buffer.alloc(dataBytes)]));
  return path;
}

function refusal(path: string): UserError {
  try {
    SafetensorsFile.open(path).close();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('was opened');
}

const entry = (dtype: string, shape: number[], begin: number, end: number): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('values', () => {
  const cases: [Dtype, ArrayBufferView, number[]][] = [
    ['F32', new Float32Array([1.5, -2, 1e-40]), [1.5, -2, Math.fround(1e-40)]],
    ['F64', new Float64Array([0.1, -3]), [Math.fround(0.1), -3]],
    ['F16', new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000]), [1, -2, 2 ** -24, 65504, -0]],
    ['BF16', new Uint16Array([0x3f80, 0xc000, 0x0001, 0x8000]), [1, -2, 2 ** -133, -0]],
    ['I8', new Int8Array([-128, 127]), [-128, 127]],
    ['U8', new Uint8Array([0, 255]), [0, 255]],
    ['BOOL', new Uint8Array([0, 1]), [0, 1]],
    ['I16', new Int16Array([-32768, 5]), [-32768, 5]],
    ['U16', new Uint16Array([65535]), [65535]],
    ['I32', new Int32Array([-7, 9]), [-7, 9]],
    ['U32', new Uint32Array([4_000_000_000]), [4_000_000_000]],
    ['I64', new BigInt64Array([-100n, 2n ** 40n]), [-100, 2 ** 40]],
    ['U64', new BigUint64Array([2n ** 63n]), [2 ** 63]],
  ];

  test.each(cases)('%s becomes float32', (dtype, data, expected) => {
    const path = fresh();
    writeSafetensors(path, [{ name: 't', dtype, shape: [expected.length], data }]);
    const file = SafetensorsFile.open(path);
    expect([...file.readFloat32('t')]).toEqual(expected);
    file.close();
  });

  test('infinities and NaN of 16-bit floats', () => {
    const path = fresh();
    writeSafetensors(path, [
      { name: 'half', dtype: 'F16', shape: [3], data: new Uint16Array([0x7c00, 0xfc00, 0x7e01]) },
      { name: 'brain', dtype: 'BF16', shape: [3], data: new Uint16Array([0x7f80, 0xff80, 0x7fc0]) },
    ]);
    const file = SafetensorsFile.open(path);
    expect([...file.readFloat32('half')]).toEqual([Infinity, -Infinity, NaN]);
    expect([...file.readFloat32('brain')]).toEqual([Infinity, -Infinity, NaN]);
    file.close();
  });

  test('integers of every width, -100 included', () => {
    const path = fresh();
    writeSafetensors(path, [
      { name: 'labels', dtype: 'I64', shape: [2, 2], data: new BigInt64Array([-100n, 0n, 49151n, -1n]) },
      { name: 'mask', dtype: 'BOOL', shape: [3], data: new Uint8Array([1, 1, 0]) },
      { name: 'large', dtype: 'I64', shape: [1], data: new BigInt64Array([2n ** 31n]) },
      { name: 'float', dtype: 'F32', shape: [1], data: new Float32Array(1) },
    ]);
    const file = SafetensorsFile.open(path);
    expect([...file.readInts('labels')]).toEqual([-100, 0, 49151, -1]);
    expect([...file.readInts('mask')]).toEqual([1, 1, 0]);
    expect(() => file.readInts('large')).toThrow(/2147483648/);
    expect(() => file.readInts('float')).toThrow(/integers were expected/);
    expect(() => file.readInts('other')).toThrow(/no tensor 'other'/);
    file.close();
  });

  test('8-bit floats are refused as numbers, readable as bytes', () => {
    const path = fresh();
    writeSafetensors(path, [{ name: 't', dtype: 'F8_E4M3', shape: [2], data: new Uint8Array([1, 2]) }]);
    const file = SafetensorsFile.open(path);
    expect([...file.readBytes('t')]).toEqual([1, 2]);
    expect(() => file.readFloat32('t')).toThrow(/F8_E4M3/);
    file.close();
  });

  test('chunks of conversion join without a seam', () => {
    const bits = Uint16Array.from({ length: (1 << 19) + 3 }, (_, i) => i & 0x7bff);
    const path = fresh();
    writeSafetensors(path, [{ name: 't', dtype: 'BF16', shape: [bits.length], data: bits }]);
    const file = SafetensorsFile.open(path);
    const words = new Uint32Array(file.readFloat32('t').buffer);
    expect(words.findIndex((word, i) => word !== bits[i]! << 16)).toBe(-1);
    file.close();
  });
});

describe('writing', () => {
  test('what is written is read back: names, shapes, bytes, metadata', () => {
    const name = fc
      .string({ minLength: 1, maxLength: 12 })
      .filter((s) => s !== '__metadata__' && s !== '__proto__');
    const tensors = fc.uniqueArray(
      fc.record({
        name,
        shape: fc.array(fc.nat(4), { maxLength: 3 }),
        wide: fc.boolean(),
        seed: fc.nat(255),
      }),
      { selector: (tensor) => tensor.name, maxLength: 6 },
    );
    const metadata = fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }));
    const path = fresh();
    fc.assert(
      fc.property(tensors, metadata, (specs, notes) => {
        const written = specs.map(({ name, shape, wide, seed }) => {
          const count = shape.reduce((n, size) => n * size, 1);
          const data = wide ? new Float64Array(count).fill(seed) : new Uint8Array(count).fill(seed);
          return { name, dtype: wide ? ('F64' as const) : ('U8' as const), shape, data };
        });
        writeSafetensors(path, written, notes);
        const file = SafetensorsFile.open(path);
        expect({ ...file.metadata }).toEqual({ ...notes });
        expect([...file.tensors.keys()].sort()).toEqual(specs.map((spec) => spec.name).sort());
        for (const { name, shape, data } of written) {
          expect(file.info(name).shape).toEqual(shape);
          expect(Buffer.from(file.readBytes(name)).equals(Buffer.from(data.buffer))).toBe(true);
        }
        file.close();
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test('the layout is the one that other tools expect: sorted names, header padded to 8, aligned data', () => {
    const path = fresh();
    writeSafetensors(
      path,
      [
        { name: 'c', dtype: 'U8', shape: [3], data: new Uint8Array([1, 2, 3]) },
        { name: 'b', dtype: 'F32', shape: [1], data: () => new Float32Array([2]) },
        { name: 'a', dtype: 'F32', shape: [1], data: () => new Float32Array([1]) },
      ],
      { format: 'pt', b: '1' },
    );
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    const text = bytes.toString('utf8', 8, 8 + length);
    expect(text.trimEnd()).toBe(
      '{"__metadata__":{"b":"1","format":"pt"},' +
        '"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
        '"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},' +
        '"c":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}',
    );
    expect(bytes.readFloatLE(8 + length)).toBe(1);
  });

  test('a failure leaves the old file and nothing beside it', () => {
    const path = fresh();
    writeSafetensors(path, [{ name: 't', dtype: 'U8', shape: [1], data: new Uint8Array([7]) }]);
    const before = readFileSync(path);
    const failing = { name: 't', dtype: 'U8', shape: [2], data: new Uint8Array(1) } as const;
    expect(() => {
      writeSafetensors(path, [failing]);
    }).toThrow(RangeError);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('a missing folder is named', () => {
    const path = join(folder, 'nowhere', 'a.safetensors');
    expect(() => {
      writeSafetensors(path, []);
    }).toThrow(/its folder does not exist/);
    expect(existsSync(path)).toBe(false);
  });
});

describe('a hostile file', () => {
  const cases: [string, () => string, RegExp][] = [
    ['is shorter than its length field', () => craftBytes([1, 2, 3]), /has 3 bytes/],
    ['announces more than the file has', () => craft({}, 0, 4096n), /only 2 bytes follow/],
    ['announces more than 100 MB', () => craft({}, 0, 2n ** 63n), /at most 100000000/],
    ['has a header that is not JSON', () => craft('{"a":'), /not JSON/],
    ['ends inside a tensor', () => craft({ a: entry('U8', [9], 0, 9) }, 4), /truncated/],
  ];
  test.each(cases)('that %s is refused with the reason', (_, make, expected) => {
    const path = make();
    const error = refusal(path);
    expect(error.message).toMatch(expected);
    expect(error.place.file).toBe(path);
  });

  test('a key __proto__ is an ordinary name', () => {
    const path = craft('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1);
    const file = SafetensorsFile.open(path);
    expect([...file.tensors.keys()]).toEqual(['__proto__']);
    file.close();
  });

  test('a folder and a missing file are named as such', () => {
    expect(refusal(folder).code).toBe('not-a-file');
    expect(refusal(join(folder, 'none.safetensors')).code).toBe('file-missing');
  });
});

function craftBytes(bytes: number[]): string {
  const path = fresh();
  writeFileSync(path, Buffer.from(bytes));
  return path;
}
