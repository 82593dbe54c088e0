/** @file Reads little-endian values one after another from the start of a file, through a window that follows. */
import { UserError } from '../contract/errors.ts';
import type { ByteFile } from './byteFile.ts';

const windowBytes = 1 << 18;

/** Each read is checked against the file's end first; `gguf-truncated` names the byte and what was being read. */
export class HeaderCursor {
  position = 0;
  readonly #file: ByteFile;
  readonly #window: Uint8Array;
  readonly #view: DataView;
  #start = 0;
  #filled = 0;

  constructor(file: ByteFile) {
    this.#file = file;
    this.#window = new Uint8Array(Math.min(windowBytes, Math.max(file.size, 1)));
    this.#view = new DataView(this.#window.buffer);
  }

  /** Bytes between here and the file's end. */
  get remaining(): number {
    return this.#file.size - this.position;
  }

  /** Makes `count` bytes (at most the window's) available and returns their index in the window; moves on behind them. */
  #take(count: number, what: string): number {
    this.#demand(count, what);
    const begin = this.position;
    if (begin < this.#start || begin + count > this.#start + this.#filled) {
      const length = Math.min(this.#window.length, this.remaining);
      this.#file.read(this.#window.subarray(0, length), begin);
      this.#start = begin;
      this.#filled = length;
    }
    this.position += count;
    return begin - this.#start;
  }

  #demand(count: number, what: string): void {
    if (count <= this.remaining) return;
    throw new UserError('gguf-truncated', `the file ends inside ${what}: ${count} bytes are needed there.`, {
      place: { file: this.#file.path, byte: this.position },
      hint: 'Download or export the file again.',
    });
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#take(1, what));
  }

  i8(what: string): number {
    return this.#view.getInt8(this.#take(1, what));
  }

  u16(what: string): number {
    return this.#view.getUint16(this.#take(2, what), true);
  }

  i16(what: string): number {
    return this.#view.getInt16(this.#take(2, what), true);
  }

  u32(what: string): number {
    return this.#view.getUint32(this.#take(4, what), true);
  }

  i32(what: string): number {
    return this.#view.getInt32(this.#take(4, what), true);
  }

  f32(what: string): number {
    return this.#view.getFloat32(this.#take(4, what), true);
  }

  f64(what: string): number {
    return this.#view.getFloat64(this.#take(8, what), true);
  }

  /** An unsigned 64-bit integer as the nearest double: every bound it is held against lies below 2^53. */
  u64(what: string): number {
    const at = this.#take(8, what);
    return this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  i64(what: string): number {
    const at = this.#take(8, what);
    return this.#view.getInt32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  /** A copy of the next `count` bytes. */
  bytes(count: number, what: string): Uint8Array {
    this.#demand(count, what);
    const copy = new Uint8Array(count);
    if (count <= this.#window.length) {
      const at = this.#take(count, what);
      copy.set(this.#window.subarray(at, at + count));
      return copy;
    }
    this.#file.read(copy, this.position);
    this.position += count;
    return copy;
  }

  skip(count: number, what: string): void {
    this.#demand(count, what);
    this.position += count;
  }
}
