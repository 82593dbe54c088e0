/** @file TensorBoard event files: checksums, framing and messages, read back by a decoder of the test's own. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import {
  EventFile,
  crc32c,
  frameRecord,
  maskedCrc,
  scalarEvent,
} from '../../../runtime/formats/tensorboard.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** RFC 3720, appendix B.4, and the usual check value. */
test.each([
  [ascii('123456789'), 0xe3069283],
  [new Uint8Array(32), 0x8a9136aa],
  [new Uint8Array(32).fill(0xff), 0x62a8ab43],
  [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  [new Uint8Array(0), 0],
])('checksum %#', (bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});

/** The first twelve bytes of event files that TensorFlow writes: a length of 24 and the masked checksum of it. */
test('the mask is the one of the record format', () => {
  const length = new Uint8Array([24, 0, 0, 0, 0, 0, 0, 0]);
  expect(maskedCrc(length)).toBe(0x224b_7fa3);
});

interface Decoded {
  wallTime?: number;
  step?: number;
  version?: string;
  session?: number;
  scalars: Record<string, number>;
}

function decodeEvent(bytes: Uint8Array): Decoded {
  const decoded: Decoded = { scalars: {} };
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) decoded.wallTime = reader.double();
    else if (number === 2) decoded.step = Number(reader.int64());
    else if (number === 3) decoded.version = reader.string();
    else if (number === 5) decodeSummary(reader.bytes(), decoded.scalars);
    else if (number === 7) {
      const inner = new BinaryReader(reader.bytes());
      expect(inner.tag()).toEqual([1, WireType.Varint]);
      decoded.session = inner.int32();
    } else reader.skip(wire);
  }
  return decoded;
}

function decodeSummary(bytes: Uint8Array, scalars: Record<string, number>): void {
  const summary = new BinaryReader(bytes);
  while (summary.pos < summary.len) {
    expect(summary.tag()).toEqual([1, WireType.LengthDelimited]);
    const value = new BinaryReader(summary.bytes());
    expect(value.tag()).toEqual([1, WireType.LengthDelimited]);
    const tag = value.string();
    expect(value.tag()).toEqual([2, WireType.Bit32]);
    scalars[tag] = value.float();
    expect(value.pos).toBe(value.len);
  }
}

function readRecords(path: string): Decoded[] {
  const bytes = readFileSync(path);
  const events: Decoded[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc(bytes.subarray(at, at + 8)));
    const payload = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc(payload));
    events.push(decodeEvent(payload));
    at += length + 16;
  }
  return events;
}

test('a file begins with its version and holds one record a call', () => {
  const file = EventFile.create(folder, { seconds: 1_700_000_000.9, pid: 42, host: 'a/b c' });
  file.scalars(1.5, 1, { 'train/loss': 0.1, 'train/learning_rate': 2e-4 });
  file.scalars(2.5, 2, { 'eval/loss': NaN, big: 1e300 });
  file.close();
  expect(basename(file.path)).toBe('events.out.tfevents.1700000000.a-b-c.42.0');
  expect(readRecords(file.path)).toEqual([
    { wallTime: 1_700_000_000.9, step: 0, version: 'brain.Event:2', scalars: {} },
    {
      wallTime: 1.5,
      step: 1,
      scalars: { 'train/loss': Math.fround(0.1), 'train/learning_rate': Math.fround(2e-4) },
    },
    { wallTime: 2.5, step: 2, scalars: { 'eval/loss': NaN, big: Infinity } },
  ]);
});

test('a resumed run tells TensorBoard which steps it writes again', () => {
  const file = EventFile.create(folder, { seconds: 5, pid: 1, host: 'h', purgeStep: 11 });
  file.close();
  expect(readRecords(file.path)).toEqual([
    { wallTime: 5, step: 11, version: 'brain.Event:2', scalars: {} },
    { wallTime: 5, step: 11, session: 1, scalars: {} },
  ]);
});

test('the bytes of a small record', () => {
  const payload = scalarEvent(1, 2, { a: 1 });
  expect(Buffer.from(payload).toString('hex')).toBe('09000000000000f03f10022a0a0a080a0161150000803f');
  expect(frameRecord(payload)).toHaveLength(payload.length + 16);
});
