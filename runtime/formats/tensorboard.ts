/**
 * @file TensorBoard's event files: framed protobuf records (tensorflow/core/lib/io/record_writer, util/event.proto).
 * Own code for the frame and CRC-32C, which no npm package writes; the messages go through @bufbuild/protobuf.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { AppendFile } from './appendFile.ts';

/** Castagnoli's polynomial, reversed. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c >>> 0;
});

/** CRC-32C of RFC 3720. */
export function crc32c(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) c = (c >>> 8) ^ table[(c ^ bytes[i]!) & 0xff]!;
  return (c ^ 0xffffffff) >>> 0;
}

/** rotr15(c) + 0xa282ead8: a checksum of data that holds checksums is weak otherwise. */
export const maskedCrc = (bytes: Uint8Array): number => {
  const c = crc32c(bytes);
  return (((c >>> 15) | (c << 17)) + 0xa282ead8) >>> 0;
};

/** u64 length, its checksum, the payload, its checksum; little endian. */
export function frameRecord(payload: Uint8Array): Uint8Array {
  const record = Buffer.alloc(payload.length + 16);
  record.writeBigUInt64LE(BigInt(payload.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(payload, 12);
  record.writeUInt32LE(maskedCrc(payload), payload.length + 12);
  return record;
}

/** Field numbers of Event, Summary.Value and SessionLog. */
const field = {
  wallTime: 1,
  step: 2,
  fileVersion: 3,
  summary: 5,
  sessionLog: 7,
  value: 1,
  tag: 1,
  simpleValue: 2,
  status: 1,
};
const sessionStart = 1;

const eventOf = (seconds: number, step: number): BinaryWriter =>
  new BinaryWriter()
    .tag(field.wallTime, WireType.Bit64)
    .double(seconds)
    .tag(field.step, WireType.Varint)
    .int64(step);

/** An Event with one scalar a tag. Values are stored as float32. */
export function scalarEvent(
  seconds: number,
  step: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  const writer = eventOf(seconds, step).tag(field.summary, WireType.LengthDelimited).fork();
  for (const [tag, value] of Object.entries(scalars)) {
    writer.tag(field.value, WireType.LengthDelimited).fork();
    writer.tag(field.tag, WireType.LengthDelimited).string(tag);
    // the writer refuses what float32 can't hold
    writer.tag(field.simpleValue, WireType.Bit32).float(Math.fround(value)).join();
  }
  return writer.join().finish();
}

export interface EventFileOptions {
  /** Seconds since 1970, also in the name. */
  readonly seconds: number;
  readonly pid?: number;
  readonly host?: string;
  /** Steps from this one on in older files are dropped by TensorBoard: a resumed run writes them again. */
  readonly purgeStep?: number;
}

/** One file of a run's folder; a resumed run begins another. */
export class EventFile {
  readonly path: string;
  readonly #file: AppendFile;

  /** Creates the file with its first record. Throws `disk-full` or `file-unwritable`. */
  static create(folder: string, options: EventFileOptions): EventFile {
    const { seconds, pid = process.pid, host = hostname(), purgeStep } = options;
    const plainHost = host.replace(/[^\w.-]/g, '-');
    const name = `events.out.tfevents.${Math.floor(seconds)}.${plainHost}.${pid}.${purgeStep ?? 0}`;
    const file = new EventFile(join(folder, name));
    const version = eventOf(seconds, purgeStep ?? 0);
    file.#write(version.tag(field.fileVersion, WireType.LengthDelimited).string('brain.Event:2').finish());
    if (purgeStep !== undefined) {
      const log = eventOf(seconds, purgeStep).tag(field.sessionLog, WireType.LengthDelimited).fork();
      file.#write(log.tag(field.status, WireType.Varint).int32(sessionStart).join().finish());
    }
    return file;
  }

  private constructor(path: string) {
    this.path = path;
    this.#file = AppendFile.open(path);
  }

  /** One record with these values; each is written at once. */
  scalars(seconds: number, step: number, values: Readonly<Record<string, number>>): void {
    this.#write(scalarEvent(seconds, step, values));
  }

  #write(payload: Uint8Array): void {
    this.#file.append(frameRecord(payload));
  }

  close(): void {
    this.#file.close();
  }
}
