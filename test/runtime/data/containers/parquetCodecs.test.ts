/** @file Pages unpack to what they claim, and claims out of proportion are refused before anything is allocated. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  boundedCompressors,
  checkPageSize,
  isReadableCodec,
} from '../../../../runtime/data/containers/parquetCodecs.ts';

const text = Buffer.from('the same words again and again, '.repeat(50));

test('what Node packs', () => {
  expect(Buffer.from(boundedCompressors.GZIP!(gzipSync(text), text.length))).toEqual(text);
  expect(Buffer.from(boundedCompressors.BROTLI!(brotliCompressSync(text), text.length))).toEqual(text);
});

test('an output larger than claimed', () => {
  expect(() => boundedCompressors.GZIP!(gzipSync(text), 10)).toThrow();
  expect(() => boundedCompressors.BROTLI!(brotliCompressSync(text), 10)).toThrow();
  expect(() => boundedCompressors.GZIP!(deflateSync(text), text.length)).toThrow();
});

test('LZ4 whose frame lengths are negative is read as one block', () => {
  // Two literals "ab" in a raw block, and the same behind a frame that would step backwards.
  expect([...boundedCompressors.LZ4!(Uint8Array.of(0x20, 0x61, 0x62), 2)]).toEqual([0x61, 0x62]);
  const backwards = Uint8Array.of(0, 0, 0, 0, 0xff, 0xff, 0xff, 0xf8, 0, 0, 0, 0);
  expect(() => boundedCompressors.LZ4!(backwards, 4)).toThrow();
});

test('LZ4 of nothing, as pages of nulls have it', () => {
  expect(boundedCompressors.LZ4!(Uint8Array.of(0), 0)).toHaveLength(0);
  expect(boundedCompressors.LZ4_RAW!(Uint8Array.of(0), 0)).toHaveLength(0);
});

test('claims', () => {
  expect(() => {
    checkPageSize(10, 60_000);
  }).not.toThrow();
  for (const [compressed, claimed] of [
    [10, 1e8],
    [1e9, 1e9],
    [10, -1],
    [10, 1.5],
    [10, NaN],
  ] as const)
    expect(() => {
      checkPageSize(compressed, claimed);
    }).toThrow('claims');
  for (const [codec, expected] of [
    ['UNCOMPRESSED', true],
    ['ZSTD', true],
    ['LZO', false],
    ['toString', false],
    [undefined, false],
  ] as const)
    expect(isReadableCodec(codec)).toBe(expected);
});
