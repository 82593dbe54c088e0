/** @file GGUF files: versions, alignments, tensors, and what a header that lies gets. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { GgufFile, readGgufMetadata } from '../../../runtime/formats/gguf.ts';
import { ggufBytes, text, u32, u64, writeGguf } from '../../support/ggufFile.ts';
import type { GgufContent, TensorToWrite } from '../../support/ggufFile.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
let counter = 0;

function file(content: GgufContent | Buffer): string {
  const path = join(folder, `${counter++}.gguf`);
  if (Buffer.isBuffer(content)) writeFileSync(path, content);
  else writeGguf(path, content);
  return path;
}

const floats = (
  name: string,
  dimensions: number[],
  values: number[],
  more: Partial<TensorToWrite> = {},
): TensorToWrite => ({
  name,
  type: 0,
  dimensions,
  data: new Uint8Array(Float32Array.from(values).buffer),
  ...more,
});

describe('a right file', () => {
  test.each([
    [2, 32],
    [3, 32],
    [3, 8],
    [3, 4096],
  ])('of version %i with alignment %i gives its tensors', (version, alignment) => {
    const path = file({
      version,
      alignment,
      metadata: { 'general.alignment': ['u32', alignment], 'general.architecture': ['text', 'llama'] },
      tensors: [
        floats('a', [3, 2], [1, 2, 3, 4, 5, 6]),
        {
          name: 'q',
          type: 8,
          dimensions: [32],
          data: Buffer.concat([Buffer.of(0, 0x3c), Buffer.alloc(32, 0xff)]),
        },
      ],
    });
    const gguf = GgufFile.open(path);
    expect(gguf.metadata.text('general.architecture')).toBe('llama');
    expect(gguf.info('a')).toMatchObject({ shape: [2, 3], elements: 6 });
    expect([...gguf.readFloat32('a')]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...gguf.readFloat32('q')]).toEqual(Array<number>(32).fill(-1));
    expect(() => gguf.readFloat32('a', new Float32Array(5))).toThrow(RangeError);
    expect(() => gguf.info('b')).toThrow(/no tensor 'b'/);
    gguf.close();
    expect(readGgufMetadata(path).number('general.alignment')).toBe(alignment);
  });

  test('a tensor of many chunks is read without a seam', () => {
    const values = Float32Array.from({ length: (1 << 18) + 3 }, (_, i) => i);
    const path = file({ tensors: [floats('a', [values.length], [...values])] });
    const gguf = GgufFile.open(path);
    expect(gguf.readFloat32('a')).toEqual(values);
    gguf.close();
  });

  test('tensors may stand in any order and leave gaps', () => {
    const gguf = GgufFile.open(
      file({ tensors: [floats('a', [1], [1], { offset: 32 }), floats('b', [1], [2], { offset: 0 })] }),
    );
    expect([gguf.readFloat32('a')[0], gguf.readFloat32('b')[0]]).toEqual([2, 1]);
    gguf.close();
  });
});

describe('a wrong file is refused', () => {
  const one = floats('a', [4], [1, 2, 3, 4]);
  const head = (version: number, tensors: number | bigint, keys: number | bigint): Buffer =>
    Buffer.concat([Buffer.from('GGUF'), u32(version), u64(tensors), u64(keys), Buffer.alloc(64)]);
  const swapped = Buffer.concat([Buffer.from('GGUF'), Buffer.of(0, 0, 0, 3), Buffer.alloc(64)]);
  const info = (name: Buffer, ...rest: Buffer[]): Buffer =>
    Buffer.concat([Buffer.from('GGUF'), u32(3), u64(1), u64(0), name, ...rest, Buffer.alloc(64)]);

  test.each<[string, GgufContent | Buffer, RegExp]>([
    ['an empty one', Buffer.alloc(0), /ends inside the magic number/],
    ['another format', Buffer.from('GGML then something'), /does not begin with "GGUF"/],
    ['version 1', head(1, 0, 0), /version 1; 2 and 3 are read/],
    ['a big-endian one', swapped, /big-endian/],
    ['an absurd number of tensors', head(3, 2n ** 60n, 0), /more than the file can hold/],
    ['more tensors than bytes', head(3, 1000, 0), /announces 1000 tensors/],
    ['an absurd number of keys', head(3, 0, 2n ** 40n), /keys; at most/],
    [
      'one tensor too many',
      { tensors: [one], tensorCount: 2n },
      /name of 0 bytes|ends inside|name of .* bytes/,
    ],
    ['a name without letters', info(u64(0)), /a name of 0 bytes/],
    ['an enormous name', info(u64(2n ** 50n)), /a name of 1125899906842624 bytes/],
    ['a name that is not UTF-8', info(u64(2), Buffer.of(0xff, 0xfe)), /not UTF-8/],
    ['no dimensions', info(text('a'), u32(0)), /0 dimensions/],
    ['too many dimensions', info(text('a'), u32(9)), /9 dimensions/],
    ['a dimension of 0', { tensors: [floats('a', [0], [1])] }, /a dimension of 0/],
    ['an enormous dimension', info(text('a'), u32(1), u64(2n ** 63n)), /a dimension of/],
    ['an enormous product', info(text('a'), u32(2), u64(2n ** 40n), u64(2n ** 40n), u32(0)), /has the shape/],
    ['an unsupported type', { tensors: [{ ...one, type: 16 }] }, /'a' is of type IQ2_XXS, which is not read/],
    ['an unknown type', { tensors: [{ ...one, type: 4711 }] }, /'a' is of the unknown type 4711/],
    [
      'rows that are no whole blocks',
      { tensors: [{ ...one, type: 2 }] },
      /rows of 4 values; Q4_0 needs a multiple of 32/,
    ],
    ['a crooked offset', { tensors: [{ ...one, offset: 7 }] }, /offset 7, which is not a multiple of 32/],
    ['an offset behind the end', { tensors: [{ ...one, offset: 1 << 20 }] }, /'a' ends at byte .* truncated/],
    [
      'an overlap',
      { tensors: [floats('a', [16], Array<number>(16).fill(1)), floats('b', [1], [1], { offset: 32 })] },
      /'b' overlaps the tensor 'a'/,
    ],
    ['a name that stands there twice', { tensors: [one, one] }, /'a' stands in the header twice/],
    ['an alignment of 12', { metadata: { 'general.alignment': ['u32', 12] } }, /general.alignment is 12/],
    ['an alignment of 0', { metadata: { 'general.alignment': ['u32', 0] } }, /general.alignment is 0/],
    [
      'an alignment that is a text',
      { metadata: { 'general.alignment': ['text', '32'] } },
      /is a string; a number/,
    ],
  ])('%s', (_, content, message) => {
    const path = file(content);
    expect(() => GgufFile.open(path)).toThrow(message);
    expect(() => GgufFile.open(path)).toThrow(UserError);
    expect(() => GgufFile.open(path)).toThrow(
      expect.objectContaining({ place: expect.objectContaining({ file: path }) as object }) as Error,
    );
  });

  test('one that was cut off, at every byte', () => {
    const bytes = ggufBytes({ metadata: { a: ['text', 'b'], n: ['array', 'u16', [1, 2]] }, tensors: [one] });
    const end = bytes.length - 16;
    for (let length = 0; length < end; length++) {
      const path = join(folder, 'cut.gguf');
      writeFileSync(path, bytes);
      truncateSync(path, length);
      expect(() => GgufFile.open(path)).toThrow(UserError);
    }
  });
});
