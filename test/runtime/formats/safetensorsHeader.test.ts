/** @file Headers that lie: what is wrong is named with the tensor, before anything is allocated. */
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { dtypeBytes, parseHeader } from '../../../runtime/formats/safetensorsHeader.ts';
import type { Header } from '../../../runtime/formats/safetensorsHeader.ts';

/** Parses `header` (text or JSON) as that of a file with this many data bytes. */
function parse(header: unknown, dataBytes = 0): Header {
  const bytes = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  return parseHeader(bytes, { file: 'a.safetensors', size: 8 + bytes.length + dataBytes });
}

const entry = (dtype: string, shape: unknown[], begin: number, end: number): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

test('a right header gives places in the file, in any order of entries', () => {
  const header = {
    b: entry('F16', [2, 2], 4, 12),
    __metadata__: { format: 'pt' },
    a: entry('F32', [], 0, 4),
  };
  const { metadata, tensors } = parse(header, 12);
  const start = 8 + JSON.stringify(header).length;
  expect(metadata).toEqual({ format: 'pt' });
  expect([...tensors.values()]).toEqual([
    { name: 'b', dtype: 'F16', shape: [2, 2], elements: 4, begin: start + 4, end: start + 12 },
    { name: 'a', dtype: 'F32', shape: [], elements: 1, begin: start, end: start + 4 },
  ]);
});

test('every data type has its width, empty tensors take no place', () => {
  for (const [dtype, width] of Object.entries(dtypeBytes))
    expect(
      parse(
        { a: entry(dtype, [3], 0, 3 * width), b: entry(dtype, [0, 2 ** 40], 3 * width, 3 * width) },
        3 * width,
      ).tensors.size,
    ).toBe(2);
});

test('padding behind the object is part of the header', () => {
  expect(parse('{}      ').tensors.size).toBe(0);
});

describe('a lie is refused', () => {
  const twice =
    '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
  const cases: [string, unknown, number, RegExp][] = [
    ['no JSON', '{"a":', 0, /not JSON/],
    ['an array', '[]', 0, /not a JSON object/],
    ['an entry that is no object', { a: 5 }, 0, /'a' has no object/],
    ['an unknown type', { a: entry('F4', [2], 0, 1) }, 1, /data type F4/],
    ['a type from the prototype', { a: entry('toString', [2], 0, 1) }, 1, /data type toString/],
    [
      'a type that is no text',
      { a: { dtype: [[]], shape: [], data_offsets: [0, 1] } },
      1,
      /data type object/,
    ],
    ['a shape that is no list', { a: { dtype: 'U8', shape: 1, data_offsets: [0, 1] } }, 1, /no usable shape/],
    ['a negative size', { a: entry('U8', [-1], 0, 1) }, 1, /no usable shape/],
    ['a fraction of a size', { a: entry('U8', [0.5], 0, 1) }, 1, /no usable shape/],
    ['an absurd shape', { a: entry('F32', [2 ** 50, 2 ** 50], 0, 4) }, 4, /needs .* bytes as F32/],
    ['too many dimensions', { a: entry('U8', Array<number>(99).fill(1), 0, 1) }, 1, /usable shape/],
    ['one offset', { a: { dtype: 'U8', shape: [1], data_offsets: [1] } }, 1, /no usable data_offsets/],
    ['descending offsets', { a: entry('U8', [1], 2, 1) }, 3, /no usable data_offsets/],
    ['offsets beyond the file', { a: entry('U8', [9], 0, 9) }, 4, /'a' ends at byte .* truncated/],
    ['bytes that do not match the shape', { a: entry('F32', [2], 0, 4) }, 4, /needs 8 bytes as F32 \[2\]/],
    ['an overlap', { a: entry('U8', [4], 0, 4), b: entry('U8', [4], 2, 6) }, 6, /'b' begins .* overlaps/],
    ['a gap', { a: entry('U8', [2], 0, 2), b: entry('U8', [2], 3, 5) }, 5, /'b' begins .* follows a gap/],
    ['bytes after the last tensor', { a: entry('U8', [2], 0, 2) }, 5, /3 bytes follow/],
    ['a name that stands there twice', twice, 1, /'a' stands in the header twice/],
    ['metadata that are no texts', { __metadata__: { a: 1 } }, 0, /__metadata__\['a'\]/],
    ['deep nesting', `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 0, /'a' has no object/],
  ];
  test.each(cases)('%s', (_, header, dataBytes, message) => {
    expect(() => parse(header, dataBytes)).toThrow(message);
    expect(() => parse(header, dataBytes)).toThrow(UserError);
  });

  test('no UTF-8', () => {
    const bytes = Uint8Array.of(0x7b, 0xff, 0x7d);
    expect(() => parseHeader(bytes, { file: 'a', size: 11 })).toThrow(/not UTF-8/);
  });
});
