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

  /** Cut at newline bytes, so that a character on a chunk's border stays whole; one text a chunk, not one a line. */
  #take(bytes: Buffer, events: RunEvent[]): void {
    const end = bytes.lastIndexOf(newline);
    if (end >= 0) {
      const whole = Buffer.concat([this.#rest, bytes.subarray(0, end)]).toString('utf8');
      // what follows is the rest of a line that was too long
      const first = this.#skipping ? whole.indexOf('\n') + 1 : 0;
      const isSkipped = this.#skipping && first === 0;
      for (const line of isSkipped ? [] : whole.slice(first).split('\n')) {
        const event = parseEvent(line);
        if (event !== undefined) events.push(event);
      }
      this.#skipping = false;
      this.#rest = Buffer.alloc(0);
    }
    if (this.#skipping) return;
    this.#rest = Buffer.concat([this.#rest, bytes.subarray(end + 1)]);
    if (this.#rest.length > longestLine) {
      this.#rest = Buffer.alloc(0);
      this.#skipping = true;
    }
  }
}
