/** @file Where JSON values end. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonDepth } from '../../../runtime/data/jsonDepth.ts';

/** Ends of the values in a text, in bytes. */
const endsIn = (text: string): number[] => {
  const depth = new JsonDepth();
  return [...Buffer.from(text)].flatMap((byte, i) => (depth.ends(byte) ? [i + 1] : []));
};

test('brackets within texts, and quotes behind a backslash, end nothing', () => {
  const text = String.raw`{"a": "}", "b": "\"}", "c": "\\"}`;
  expect(endsIn(text)).toEqual([text.length]);
});

test('a value ends with its last byte, whatever it holds', () => {
  const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
  fc.assert(
    fc.property(value, value, (first, second) => {
      const [a, b] = [JSON.stringify(first), JSON.stringify(second)];
      const length = Buffer.byteLength(a);
      expect(endsIn(a + b)).toEqual([length, length + Buffer.byteLength(b)]);
    }),
    { seed: 1 },
  );
});

test('open from the first byte to the last', () => {
  const depth = new JsonDepth();
  expect(depth.isOpen).toBe(false);
  expect([...Buffer.from('{[]}')].map((byte) => [depth.ends(byte), depth.isOpen])).toEqual([
    [false, true],
    [false, true],
    [false, true],
    [true, false],
  ]);
});
