/** @file Follows a file of JSON lines that another process appends to: each reading gives the whole lines that are new. */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { RunEvent } from '../contract/run.ts';
import { parseEvent } from '../runs/events.ts';

/** Read at once; a replay of a long run goes through a buffer of this size. */
const chunkBytes = 1 << 18;
/** A longer line is no event of ours: it is skipped instead of held in memory. */
const longestLine = 1 << 20;
const newline = 0x0a;

export interface Reading {
  readonly events: readonly RunEvent[];
  /** The file began anew (shorter than what was read, or another file): these events replace all before. */
  readonly restarted: boolean;
}

export class EventTail {
  readonly #path: string;
  #offset = 0;
  #inode: number | undefined;
  /** Bytes after the last newline: a line that is still being written. */
  #rest = Buffer.alloc(0);
  /** Inside a line that was too long to keep. */
  #skipping = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** What came since the last reading; nothing where the file isn't there (yet). Readings must not overlap. */
  async read(): Promise<Reading> {
    let file: FileHandle;
    try {
      file = await open(this.#path, 'r');
    } catch {
      return { events: [], restarted: false };
    }
    try {
      const { size, ino } = await file.stat();
      const restarted = this.#inode !== undefined && (size < this.#offset || ino !== this.#inode);
      if (restarted) {
        this.#offset = 0;
        this.#rest = Buffer.alloc(0);
        this.#skipping = false;
      }
      this.#inode = ino;
      const events: RunEvent[] = [];
      const chunk = Buffer.allocUnsafe(chunkBytes);
      while (this.#offset < size) {
        const { bytesRead } = await file.read(chunk, 0, chunkBytes, this.#offset);
        if (bytesRead === 0) break;
        this.#offset += bytesRead;
        this.#take(chunk.subarray(0, bytesRead), events);
      }
      return { events, restarted };
    } finally {
      await file.close();
    }
  }

  /** The bytes [begin, end) behind what was held back. */
  #line(bytes: Buffer, begin: number, end: number): string {
    if (this.#rest.length === 0) return bytes.toString('utf8', begin, end);
    const whole = Buffer.concat([this.#rest, bytes.subarray(begin, end)]);
    this.#rest = Buffer.alloc(0);
    return whole.toString('utf8');
  }

  /** Splits at newline bytes, so that a character on a chunk's border stays whole. */
  #take(bytes: Buffer, events: RunEvent[]): void {
    let begin = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, begin)) {
      const event = this.#skipping ? undefined : parseEvent(this.#line(bytes, begin, end));
      if (event !== undefined) events.push(event);
      this.#skipping = false;
      begin = end + 1;
    }
    if (this.#skipping) return;
    this.#rest = Buffer.concat([this.#rest, bytes.subarray(begin)]);
    if (this.#rest.length > longestLine) {
      this.#rest = Buffer.alloc(0);
      this.#skipping = true;
    }
  }
}
