/** @file One run that someone looks at: all events so far, then each new one as it reaches the disk. */
import { join } from 'node:path';
import { runFiles } from '../runs/names.ts';
import { EventTail } from './eventTail.ts';
import type { Reading } from './eventTail.ts';
import { gather, watchFolder } from './folderWatch.ts';

/** Messages to a page at most ten times a second. */
const reportEvery = 100;

export class Follower {
  readonly #tail: EventTail;
  readonly #report: (reading: Reading) => void;
  readonly #watch;
  readonly #gather = gather(() => void this.#more(), reportEvery);
  /** Of the start, until it is asked for; a long run's is not held behind that. */
  #first: Promise<Reading> | undefined;
  #reading: Promise<unknown>;
  #closed = false;

  constructor(folder: string, report: (reading: Reading) => void) {
    this.#tail = new EventTail(join(folder, runFiles.metrics));
    this.#report = report;
    // The watch comes first: what is written while we read is read next.
    this.#watch = watchFolder(folder, this.#gather.call);
    this.#reading = this.#first = this.#tail.read();
  }

  /** What was there at the start, for the one who asks. */
  async events(): Promise<Reading['events']> {
    const first = this.#first;
    this.#first = undefined;
    return (await first)?.events ?? [];
  }

  async #more(): Promise<void> {
    // One reading after the other: they share the place in the file.
    const next = this.#reading.then(() => this.#tail.read());
    this.#reading = next;
    const reading = await next;
    if (!this.#closed && (reading.events.length > 0 || reading.restarted)) this.#report(reading);
  }

  close(): void {
    this.#closed = true;
    this.#watch.close();
    this.#gather.cancel();
  }
}
