/** @file Files that only grow: each append is whole or undone, so that a full disk leaves a readable file. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { writeError } from './byteFile.ts';

const newline = 0x0a;
/** Read backwards in pieces of this many bytes to find the last line's end. */
const piece = 1 << 16;

export class AppendFile {
  readonly path: string;
  readonly #descriptor: number;
  #length: number;
  #open = true;

  /** Opens or creates. Throws `disk-full` or `file-unwritable`. */
  static open(path: string): AppendFile {
    try {
      return new AppendFile(path, openSync(path, 'a+'));
    } catch (error) {
      throw writeError(error, path);
    }
  }

  /** Opens a file of lines and cuts an unterminated last one: a killed writer leaves that, and nothing may be glued to it. */
  static openLines(path: string): AppendFile {
    const file = AppendFile.open(path);
    file.#cutTo(file.#lastLineEnd());
    return file;
  }

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#length = fstatSync(descriptor).size;
  }

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  /** Writes all of it; when the disk fails, nothing of it. Throws `disk-full` or `file-unwritable`. */
  append(content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#descriptor, bytes, done);
    } catch (error) {
      this.#cutTo(this.#length);
      throw writeError(error, this.path);
    }
    this.#length += bytes.length;
  }

  /** Waits until the disk has it. */
  sync(): void {
    try {
      fsyncSync(this.#descriptor);
    } catch (error) {
      throw writeError(error, this.path);
    }
  }

  close(): void {
    if (this.#open) closeSync(this.#descriptor);
    this.#open = false;
  }

  /** Takes the end away; a file that is no longer than `length` stays as it is. */
  cut(length: number): void {
    if (length < this.#length) this.#cutTo(length);
  }

  #cutTo(length: number): void {
    ftruncateSync(this.#descriptor, length);
    this.#length = length;
  }

  /** Offset behind the last newline. */
  #lastLineEnd(): number {
    const buffer = Buffer.alloc(Math.min(piece, this.#length));
    for (let end = this.#length; end > 0;) {
      const begin = Math.max(0, end - piece);
      const count = readSync(this.#descriptor, buffer, 0, end - begin, begin);
      const at = buffer.subarray(0, count).lastIndexOf(newline);
      if (at >= 0) return begin + at + 1;
      end = begin;
    }
    return 0;
  }
}
