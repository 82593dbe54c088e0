/** @file Values one after another, across the window's edge and up to the file's end. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ByteFile } from '../../../runtime/formats/byteFile.ts';
import { HeaderCursor } from '../../../runtime/formats/headerCursor.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();

function cursorOver(bytes: Uint8Array): { cursor: HeaderCursor; file: ByteFile } {
  const path = join(folder, 'bytes');
  writeFileSync(path, bytes);
  const file = new ByteFile(path);
  return { cursor: new HeaderCursor(file), file };
}

test('every type, little endian', () => {
  const data = new DataView(new ArrayBuffer(52));
  data.setUint8(0, 200);
  data.setInt8(1, -3);
  data.setUint16(2, 60_000, true);
  data.setInt16(4, -30_000, true);
  data.setUint32(6, 4e9, true);
  data.setInt32(10, -2e9, true);
  data.setFloat32(14, 0.5, true);
  data.setFloat64(18, 0.1, true);
  data.setBigUint64(26, 2n ** 53n, true);
  data.setBigInt64(34, -5n, true);
  data.setBigUint64(42, 2n ** 64n - 1n, true);
  const { cursor: c, file } = cursorOver(new Uint8Array(data.buffer));
  expect([c.u8(''), c.i8(''), c.u16(''), c.i16(''), c.u32(''), c.i32('')]).toEqual([
    200, -3, 60_000, -30_000, 4e9, -2e9,
  ]);
  expect([c.f32(''), c.f64(''), c.u64(''), c.i64(''), c.u64('')]).toEqual([0.5, 0.1, 2 ** 53, -5, 2 ** 64]);
  expect([c.position, c.remaining]).toEqual([50, 2]);
  file.close();
});

test('values and bytes across the window, forward and after a jump', () => {
  const bytes = Uint8Array.from({ length: 700_000 }, (_, i) => i % 251);
  const { cursor, file } = cursorOver(bytes);
  cursor.skip((1 << 18) - 2, 'gap');
  expect(cursor.u32('edge')).toBe(new DataView(bytes.buffer).getUint32((1 << 18) - 2, true));
  expect(
    Buffer.compare(cursor.bytes(300_000, 'long'), bytes.subarray((1 << 18) + 2, (1 << 18) + 300_002)),
  ).toBe(0);
  cursor.position = 5;
  expect(cursor.u8('back')).toBe(5);
  file.close();
});

test('the end is named with what was being read, before anything is allocated', () => {
  const { cursor, file } = cursorOver(new Uint8Array(6));
  cursor.u32('');
  const expected = (count: number): object =>
    expect.objectContaining({
      code: 'gguf-truncated',
      message: `the file ends inside the key: ${count} bytes are needed there.`,
      place: { file: file.path, byte: 4 },
    }) as Error;
  expect(() => cursor.u32('the key')).toThrow(expected(4));
  expect(() => cursor.bytes(2 ** 52, 'the key')).toThrow(expected(2 ** 52));
  expect(() => {
    cursor.skip(3, 'the key');
  }).toThrow(expected(3));
  expect(cursor.u16('')).toBe(0);
  file.close();
});
