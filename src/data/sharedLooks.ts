/** @file Looks at data files as a whole, shared by all who ask: one that goes on serves each of them. Pure but for the looking. */
import { UserError } from '../../runtime/contract/errors.ts';
import type { Survey } from '../../runtime/contract/api/data.ts';

export interface Looked {
  readonly survey: Survey;
  /** Why it counts no tokens, where a config should have said how. */
  readonly uncounted?: string;
}

export interface LookOptions {
  /** All that decides the answer: the file as it is now, and through which config it is looked at. */
  readonly question: (file: string) => string;
  /** @throws UserError where there is no answer. */
  readonly look: (file: string, all: boolean, signal: AbortSignal) => Promise<Looked>;
  /** Something else is known of the file. */
  readonly changed: (file: string) => void;
}

export interface AskOptions {
  /** All rows, also of a large file. */
  readonly all?: boolean;
  readonly signal?: AbortSignal;
}

/** What is known of a file. */
interface Entry {
  readonly question: string;
  readonly all: boolean;
  readonly survey: Survey | undefined;
  /** Why there is no survey, or why it has no tokens. */
  readonly reason: string | undefined;
}

/** A look that goes on. */
interface Look {
  readonly question: string;
  readonly all: boolean;
  readonly abort: AbortController;
  readonly answer: Promise<Survey | undefined>;
  /** Those who wait for it: it ends when the last one leaves. */
  followers: number;
  /** File or config are no longer those that it looks at: whoever waited asks anew. */
  outdated: boolean;
}

export class SharedLooks {
  readonly #options: LookOptions;
  readonly #known = new Map<string, Entry>();
  readonly #running = new Map<string, Set<Look>>();

  constructor(options: LookOptions) {
    this.#options = options;
  }

  get(file: string): Entry | undefined {
    return this.#known.get(file);
  }

  /** The answer for the file as it is when the answer comes; undefined where there is none or the signal ended the wait. */
  async ask(file: string, { all = false, signal }: AskOptions = {}): Promise<Survey | undefined> {
    while (signal?.aborted !== true) {
      const look = this.#join(file, all);
      const survey = await this.#follow(file, look, signal);
      if (!look.outdated) return survey;
    }
    return undefined;
  }

  /** A look at the same that goes on, else a new one. Where all rows were counted before, a sample is no answer any more. */
  #join(file: string, all: boolean): Look {
    const question = this.#current(file);
    const known = this.#known.get(file);
    const wanted = all || (known?.question === question && known.all);
    const shared = [...(this.#running.get(file) ?? [])].find((look) => look.all || !wanted);
    return shared ?? this.#begin(file, question, wanted);
  }

  /** The question as it is now; looks for another one end. */
  #current(file: string): string {
    const question = this.#options.question(file);
    for (const look of this.#running.get(file) ?? []) {
      if (look.question === question) continue;
      look.outdated = true;
      this.#end(file, look);
    }
    return question;
  }

  #begin(file: string, question: string, all: boolean): Look {
    const abort = new AbortController();
    const settle = (survey: Survey | undefined, reason: string | undefined): Survey | undefined => {
      if (abort.signal.aborted) return undefined;
      this.#end(file, look);
      const known = this.#known.get(file);
      const isLess = survey !== undefined && !all && known?.question === question && known.all;
      if (!isLess) this.#known.set(file, { question, all: all && survey !== undefined, survey, reason });
      this.#options.changed(file);
      return survey;
    };
    const failed = (error: unknown): undefined => {
      if (error instanceof UserError && error.code !== 'cancelled') settle(undefined, error.message);
      this.#end(file, look);
      if (!(error instanceof UserError)) throw error;
      return undefined;
    };
    const answer = this.#options
      .look(file, all, abort.signal)
      .then(({ survey, uncounted }) => settle(survey, uncounted), failed);
    const look: Look = { question, all, abort, answer, followers: 0, outdated: false };
    this.#running.set(file, (this.#running.get(file) ?? new Set()).add(look));
    return look;
  }

  async #follow(file: string, look: Look, signal: AbortSignal | undefined): Promise<Survey | undefined> {
    const ended = new AbortController();
    const left = new Promise<undefined>((resolve) => {
      const leave = (): void => {
        resolve(undefined);
      };
      signal?.addEventListener('abort', leave, { signal: ended.signal });
    });
    look.followers += 1;
    try {
      return await Promise.race([look.answer, left]);
    } finally {
      ended.abort();
      look.followers -= 1;
      if (look.followers === 0) this.#end(file, look);
    }
  }

  #end(file: string, look: Look): void {
    look.abort.abort();
    const running = this.#running.get(file);
    running?.delete(look);
    if (running?.size === 0) this.#running.delete(file);
  }

  /** The file may have changed: what is known of another state of it goes. */
  forget(file: string): void {
    const question = this.#current(file);
    if (this.#known.get(file)?.question !== question) this.#known.delete(file);
  }

  clear(): void {
    this.#known.clear();
  }

  dispose(): void {
    for (const [file, looks] of [...this.#running]) for (const look of [...looks]) this.#end(file, look);
  }
}
