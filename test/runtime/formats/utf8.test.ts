/** @file Text is text or it is refused. */
import { expect, test } from 'vitest';
import { strictUtf8 } from '../../../runtime/formats/utf8.ts';

test('valid text comes out whole, a byte-order mark kept', () => {
  for (const text of ['', 'aé€🙂', '\ufeffa', 'a\0b']) expect(strictUtf8(Buffer.from(text))).toBe(text);
});

test.each([[[0xff]], [[0xc3]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]]])('%j is no text', (bytes) => {
  expect(strictUtf8(Uint8Array.from(bytes))).toBeUndefined();
});
