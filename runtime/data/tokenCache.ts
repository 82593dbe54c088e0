/**
 * @file Tokenised rows as flat files in a folder named by what they were made from: `ids.u32`, `mask.u8`, `offsets.u64`,
 * `lines.u32`, `sources.u32`, `supervised.u32`, `labels.i32`, `tasks.u8`, `digests.u32` and `meta.json`; little-endian. Written
 * beside and renamed, read by offset.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ByteFile, writeError } from '../formats/byteFile.ts';
import type { Lint } from './lint.ts';

export const cacheVersion = 5;

/** Everything about the cached rows but the rows. */
export interface CacheMeta {
  readonly version: number;
  readonly rows: number;
  readonly tokens: number;
  readonly supervised: number;
  readonly truncated: number;
  readonly longest: number;
  readonly percentile95: number;
  /** Rows with a `task_type`, where these are read. */
  readonly typed: number;
  /** SHA-256 of the data file. */
  readonly contentHash: string;
  readonly unit: 'line' | 'row';
  readonly format: string;
  readonly lints: readonly Lint[];
}

/** A row as it is kept. */
export interface CachedRow {
  readonly ids: Uint32Array;
  readonly mask: Uint8Array;
  /** 1 for tokens of the second text, where the base's task has two. */
  readonly second?: Uint8Array;
  /** The row's class. */
  readonly label?: number;
  /** Its `task_type`, where these are read. */
  readonly taskType?: 0 | 1;
}

/** Bits of a byte of `mask.u8`: the token is learned, the token belongs to the second text. */
const learnedBit = 1;
const secondBit = 2;
/** In `labels.i32`: the row has no class. */
const noLabel = -1;
/** In `tasks.u8`: the row has no `task_type`. */
const noTask = 255;

/** Where a row stands in its data file. */
export interface RowPlace {
  /** From 0, over all rows of the file, those that are left out too. */
  readonly row: number;
  /** The number that messages give it, from 1: its line, or its row in a file without lines. */
  readonly line: number;
}

/** Words of a row's digest: two for its ids, two for its text without case, spaces and punctuation. */
export const digestWords = 4;

const files = {
  ids: 'ids.u32',
  mask: 'mask.u8',
  offsets: 'offsets.u64',
  lines: 'lines.u32',
  sources: 'sources.u32',
  supervised: 'supervised.u32',
  labels: 'labels.i32',
  tasks: 'tasks.u8',
  digests: 'digests.u32',
  meta: 'meta.json',
} as const;

const bufferedBytes = 1 << 20;

/** A file that is only appended to, through a buffer. */
class Appender {
  readonly #descriptor: number;
  readonly #buffer = new Uint8Array(bufferedBytes);
  #used = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'wx');
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const count = Math.min(bytes.length - at, bufferedBytes - this.#used);
      this.#buffer.set(bytes.subarray(at, at + count), this.#used);
      this.#used += count;
      at += count;
      if (this.#used === bufferedBytes) this.#flush();
    }
  }

  #flush(): void {
    for (let at = 0; at < this.#used;) at += writeSync(this.#descriptor, this.#buffer, at, this.#used - at);
    this.#used = 0;
  }

  finish(): void {
    this.#flush();
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }

  abandon(): void {
    closeSync(this.#descriptor);
  }
}

type AppendedFile = Exclude<keyof typeof files, 'meta'>;
const appended = Object.keys(files).filter((name) => name !== 'meta') as AppendedFile[];

/** Takes rows one after another; nothing is visible under the final name before `finish`. */
export class CacheWriter {
  readonly #temporary: string;
  readonly #folder: string;
  readonly #appenders: Readonly<Record<AppendedFile, Appender>>;
  #tokens = 0;

  /** Throws `disk-full` or `file-unwritable`, like all that writes here. */
  constructor(folder: string, key: string) {
    this.#folder = join(folder, key);
    this.#temporary = join(folder, `${temporaryPrefix}${process.pid}-${randomBytes(4).toString('hex')}`);
    this.#appenders = writing(folder, () => {
      mkdirSync(folder, { recursive: true });
      removeAbandoned(folder);
      mkdirSync(this.#temporary);
      return Object.fromEntries(
        appended.map((name) => [name, new Appender(join(this.#temporary, files[name]))]),
      ) as Record<AppendedFile, Appender>;
    });
    this.#appenders.offsets.append(bytesOf(BigUint64Array.of(0n)));
  }

  add(
    { ids, mask, second, label, taskType }: CachedRow,
    place: RowPlace,
    supervised: number,
    digest: Uint32Array,
  ): void {
    this.#tokens += ids.length;
    const bits = second ? mask.map((bit, i) => bit | (second[i]! * secondBit)) : mask;
    writing(this.#folder, () => {
      this.#appenders.ids.append(bytesOf(ids));
      this.#appenders.mask.append(bits);
      this.#appenders.offsets.append(bytesOf(BigUint64Array.of(BigInt(this.#tokens))));
      this.#appenders.lines.append(bytesOf(Uint32Array.of(place.line)));
      this.#appenders.sources.append(bytesOf(Uint32Array.of(place.row)));
      this.#appenders.supervised.append(bytesOf(Uint32Array.of(supervised)));
      this.#appenders.labels.append(bytesOf(Int32Array.of(label ?? noLabel)));
      this.#appenders.tasks.append(Uint8Array.of(taskType ?? noTask));
      this.#appenders.digests.append(bytesOf(digest));
    });
  }

  finish(meta: CacheMeta): void {
    writing(this.#folder, () => {
      for (const name of appended) this.#appenders[name].finish();
      const last = new Appender(join(this.#temporary, files.meta));
      last.append(Buffer.from(`${JSON.stringify(meta)}\n`));
      last.finish();
      // A cache under that name is damaged (or was just written by another process, and then is the same).
      rmSync(this.#folder, { recursive: true, force: true });
      renameSync(this.#temporary, this.#folder);
    });
  }

  abandon(): void {
    for (const name of appended) this.#appenders[name].abandon();
    rmSync(this.#temporary, { recursive: true, force: true });
  }
}

const temporaryPrefix = '.writing-';

/** Removes what processes that no longer run left half-written. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(temporaryPrefix)
      ? Number.parseInt(name.slice(temporaryPrefix.length), 10)
      : NaN;
    if (!Number.isNaN(pid) && !isRunning(pid)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function bytesOf(array: Uint32Array | Int32Array | BigUint64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function writing<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw writeError(cause, folder);
  }
}

/** A finished cache, open for reading. */
export class TokenCache {
  readonly meta: CacheMeta;
  readonly #ids: ByteFile;
  readonly #mask: ByteFile;
  /** In tokens; rows + 1 of them. Exact as doubles up to 2^53. */
  readonly #offsets: Float64Array;
  readonly #lines: Uint32Array;
  readonly #sources: Uint32Array;
  readonly #supervised: Uint32Array;
  readonly #labels: Int32Array;
  readonly #tasks: Uint8Array;
  readonly #folder: string;

  /** Undefined when there is none, or what is there isn't whole. */
  static open(folder: string, key: string): TokenCache | undefined {
    const path = join(folder, key);
    if (!existsSync(join(path, files.meta))) return undefined;
    try {
      return new TokenCache(path);
    } catch {
      return undefined;
    }
  }

  private constructor(folder: string) {
    const meta = JSON.parse(readFileSync(join(folder, files.meta), 'utf8')) as CacheMeta;
    const { rows, tokens } = meta;
    const sizes: Readonly<Record<AppendedFile, number>> = {
      ids: tokens * 4,
      mask: tokens,
      offsets: (rows + 1) * 8,
      lines: rows * 4,
      sources: rows * 4,
      supervised: rows * 4,
      labels: rows * 4,
      tasks: rows,
      digests: rows * 4 * digestWords,
    };
    for (const name of appended)
      if (statSync(join(folder, files[name])).size !== sizes[name]) throw new Error(`${name} is not whole`);
    if (meta.version !== cacheVersion) throw new Error('another version');
    this.#folder = folder;
    this.meta = meta;
    this.#offsets = Float64Array.from(
      new BigUint64Array(readWhole(join(folder, files.offsets)).buffer),
      Number,
    );
    this.#lines = new Uint32Array(readWhole(join(folder, files.lines)).buffer);
    this.#sources = new Uint32Array(readWhole(join(folder, files.sources)).buffer);
    this.#supervised = new Uint32Array(readWhole(join(folder, files.supervised)).buffer);
    this.#labels = new Int32Array(readWhole(join(folder, files.labels)).buffer);
    this.#tasks = readWhole(join(folder, files.tasks));
    for (let row = 0; row < rows; row++)
      if (this.#offsets[row + 1]! < this.#offsets[row]!) throw new Error('offsets go back');
    if (this.#offsets[rows] !== tokens) throw new Error('offsets end elsewhere');
    this.#ids = new ByteFile(join(folder, files.ids));
    this.#mask = new ByteFile(join(folder, files.mask));
  }

  #check(row: number): void {
    if (!(row >= 0 && row < this.meta.rows)) throw new RangeError(`row ${row} of ${this.meta.rows}`);
  }

  length(row: number): number {
    this.#check(row);
    return this.#offsets[row + 1]! - this.#offsets[row]!;
  }

  supervised(row: number): number {
    this.#check(row);
    return this.#supervised[row]!;
  }

  line(row: number): number {
    this.#check(row);
    return this.#lines[row]!;
  }

  /** The row's number in the data file, from 0. */
  source(row: number): number {
    this.#check(row);
    return this.#sources[row]!;
  }

  read(row: number): CachedRow {
    const length = this.length(row);
    const offset = this.#offsets[row]!;
    const ids = new Uint32Array(length);
    this.#ids.read(bytesOf(ids), offset * 4);
    const bits = this.#mask.read(new Uint8Array(length), offset);
    const label = this.#labels[row]!;
    const task = this.#tasks[row]!;
    return {
      ids,
      mask: bits.map((bit) => bit & learnedBit),
      ...(bits.some((bit) => bit >= secondBit) && { second: bits.map((bit) => bit >> 1) }),
      ...(label !== noLabel && { label }),
      ...((task === 0 || task === 1) && { taskType: task }),
    };
  }

  /** `digestWords` words a row. */
  readDigests(): Uint32Array {
    return new Uint32Array(readWhole(join(this.#folder, files.digests)).buffer);
  }

  close(): void {
    this.#ids.close();
    this.#mask.close();
  }
}

function readWhole(path: string): Uint8Array<ArrayBuffer> {
  const file = new ByteFile(path);
  try {
    const bytes = new Uint8Array(file.size);
    file.read(bytes, 0);
    return bytes;
  } finally {
    file.close();
  }
}
