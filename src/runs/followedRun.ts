/** @file The steps of a run on their way to its page: an overview, all of them, then each new one; nothing lost, nothing twice. */
import { UserError } from '../../runtime/contract/errors.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { ServeApi } from '../../runtime/contract/protocol.ts';
import { flatten } from '../../runtime/contract/steps.ts';
import type { CodedParts, FlatParts, RunPart } from '../../runtime/contract/steps.ts';
import type { RunPageApi } from '../../webview/run/protocol.ts';
import { flatParts } from './codedParts.ts';

type Followed = Promise<ServeApi['run/follow']['result']>;

export interface FollowedRunOptions {
  readonly follow: () => Followed;
  /** All steps of a run that is followed. */
  readonly whole: () => Promise<CodedParts>;
  readonly tell: (steps: FlatParts, restarted: boolean) => void;
}

export class FollowedRun {
  readonly #options: FollowedRunOptions;
  /** Read while the page is loading, until it has all steps. */
  #first: Followed | undefined;
  /** What came since; undefined from when the page has all and hears of new steps at once. */
  #early: RunPart[] | undefined;

  constructor(options: FollowedRunOptions) {
    this.#options = options;
    void this.#begin();
  }

  #begin(): Followed {
    const first = this.#options.follow();
    [this.#first, this.#early] = [first, []];
    // who asks next tries again
    first.catch(() => {
      if (this.#first === first) this.#first = undefined;
    });
    return first;
  }

  /** For a page that was loaded, perhaps once more. */
  async load(): Promise<RunPageApi['run/load']['result']> {
    const { summary, steps, isOverview } = await (this.#first ?? this.#begin());
    return { summary, steps: isOverview ? [flatParts(steps)] : await this.whole(), isOverview };
  }

  /** Everything so far; from its return on, new steps are told. */
  async whole(): Promise<readonly FlatParts[]> {
    for (;;) {
      const first = this.#first ?? this.#begin();
      const steps = await this.#all(first);
      // the file began anew, or another helper follows it, while this was read
      if (this.#first !== first) continue;
      const later = this.#early ?? [];
      [this.#first, this.#early] = [undefined, undefined];
      return [flatParts(steps), flatten(later)];
    }
  }

  async #all(followed: Followed): Promise<CodedParts> {
    const { steps, isOverview } = await followed;
    return isOverview ? await this.#options.whole() : steps;
  }

  take(parts: readonly RunPart[], restarted: boolean): void {
    if (this.#early === undefined) this.#options.tell(flatten(parts), restarted);
    // it is read from its beginning when the page asks for all
    else if (restarted) [this.#first, this.#early] = [undefined, []];
    else this.#early.push(...parts);
  }

  /**
   * A new helper follows nobody yet: all is told anew, also to a page that couldn't be loaded before.
   * @throws UserError `no-run` where the run is gone; undefined where the helper ended again.
   */
  async again(): Promise<RunSummary | undefined> {
    try {
      const first = this.#begin();
      const { summary } = await first;
      for (const [i, steps] of (await this.whole()).entries()) this.#options.tell(steps, i === 0);
      return summary;
    } catch (error) {
      if (error instanceof UserError && error.code === 'channel-closed') return undefined;
      throw error;
    }
  }
}
