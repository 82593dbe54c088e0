/** @file Page decompression for Parquet with the output's size bounded before anything is allocated. */
import * as zlib from 'node:zlib';
import { compressors as library } from 'hyparquet-compressors';
import type { CompressionCodec, Compressors } from 'hyparquet';

/** Writers make pages of about one megabyte. */
const largestPage = 256 * 1024 * 1024;
/** DEFLATE's limit is 1032 to 1; what claims more than this is a bomb or damage. */
const largestRatio = 4096;

type Decompress = (input: Uint8Array, outputLength: number) => Uint8Array;

/** zstd is part of Node from 22.15 on; before, the JavaScript one has to do. */
const zstd = (zlib as { zstdDecompressSync?: (input: Uint8Array, options: object) => Buffer })
  .zstdDecompressSync;

const decompressors: Readonly<Partial<Record<CompressionCodec, Decompress>>> = {
  SNAPPY: library.SNAPPY!,
  GZIP: (input, outputLength) => zlib.gunzipSync(input, { maxOutputLength: Math.max(1, outputLength) }),
  BROTLI: (input, outputLength) =>
    zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(1, outputLength) }),
  ZSTD: (input, outputLength) => {
    if (zstd !== undefined) return zstd(input, { maxOutputLength: Math.max(1, outputLength) });
    const claimed = zstdContentSize(input);
    if (claimed !== undefined && claimed > outputLength) throw new Error('zstd frame larger than its page');
    return library.ZSTD!(input, outputLength);
  },
  // The library takes the lengths of Hadoop's framing as they come; a negative one would never end.
  LZ4: (input, outputLength) =>
    isHadoopFramed(input) ? library.LZ4!(input, outputLength) : lz4Block(input, outputLength),
  LZ4_RAW: lz4Block,
};

/** Nothing at all (a page of nulls) is a block of one zero byte, at which the library stumbles. */
function lz4Block(input: Uint8Array, outputLength: number): Uint8Array {
  if (outputLength === 0 && input.length === 1 && input[0] === 0) return new Uint8Array(0);
  return library.LZ4_RAW!(input, outputLength);
}

/** Codecs that can be read; each throws a plain `Error` on input that isn't what it claims. */
export const boundedCompressors: Compressors = Object.fromEntries(
  Object.entries(decompressors).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, outputLength: number) => {
      checkPageSize(input.length, outputLength);
      return decompress(input, outputLength);
    },
  ]),
);

export function isReadableCodec(codec: string | undefined): boolean {
  return codec === 'UNCOMPRESSED' || (codec !== undefined && Object.hasOwn(decompressors, codec));
}

export function checkPageSize(compressed: number, uncompressed: number): void {
  if (
    !Number.isInteger(uncompressed) ||
    uncompressed < 0 ||
    uncompressed > largestPage ||
    uncompressed > 65_536 + largestRatio * compressed
  )
    throw new Error(`a page of ${compressed} bytes claims to hold ${uncompressed}`);
}

/** RFC 8878 section 3.1.1.1: the frame's content size, where the header states one. */
function zstdContentSize(input: Uint8Array): number | undefined {
  if (input.length < 14) return undefined;
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  const sizeFlag = descriptor >> 6;
  if (at + 8 > input.length) return undefined;
  if (sizeFlag === 0) return single ? view.getUint8(at) : undefined;
  if (sizeFlag === 1) return view.getUint16(at, true) + 256;
  return sizeFlag === 2 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

function isHadoopFramed(input: Uint8Array): boolean {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let at = 0;
  while (at + 8 <= input.length) {
    const length = view.getInt32(at + 4);
    if (length < 0 || view.getInt32(at) < 0) return false;
    at += 8 + length;
  }
  return at === input.length;
}
