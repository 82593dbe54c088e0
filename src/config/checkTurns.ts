/** @file When a config is checked: a pause after each key, and once more when something beside its text has changed. */

/** Checks, and ends early where the signal says so. */
export type Check = (signal: AbortSignal) => Promise<void>;

export class CheckTurns {
  readonly #check: Check;
  #timer: NodeJS.Timeout | undefined;
  #running: AbortController | undefined;
  /** Pause before one more check, which something that changed during the running one has asked for. */
  #again: number | undefined;

  constructor(check: Check) {
    this.#check = check;
  }

  /** The text is another: pauses (in milliseconds) begin anew, and nobody waits for what a check says of the old one. */
  textChanged(pause: number): void {
    this.stop();
    this.#start(pause);
  }

  /** Something else is another: the next check sees it, one that runs may not. Neither is put off, so that none is kept waiting. */
  surroundingsChanged(pause: number): void {
    if (this.#running !== undefined) this.#again = Math.min(pause, this.#again ?? pause);
    else if (this.#timer === undefined) this.#start(pause);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
    this.#timer = this.#running = this.#again = undefined;
  }

  #start(pause: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#run();
    }, pause);
  }

  async #run(): Promise<void> {
    const abort = new AbortController();
    this.#running = abort;
    try {
      await this.#check(abort.signal);
    } finally {
      // otherwise a newer text has taken over
      if (this.#running === abort) {
        this.#running = undefined;
        if (this.#again !== undefined) this.#start(this.#again);
        this.#again = undefined;
      }
    }
  }
}
