/** @file What is known of data files as a whole, kept until file or config change. */
import { statSync } from 'node:fs';
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import { describeError, UserError } from '../../runtime/contract/errors.ts';
import type { Survey } from '../../runtime/contract/api/data.ts';
import type { Companion } from '../runtime/companion.ts';
import { SharedLooks } from './sharedLooks.ts';
import type { AskOptions, Looked } from './sharedLooks.ts';
import { viewOf } from './uses.ts';
import type { DataUses } from './uses.ts';

/** Changes when the file does. What can't be looked at has none: the helper says what is wrong with it. */
function stampOf(path: string): string {
  try {
    const stats = statSync(path);
    return `${stats.size} ${stats.mtimeMs}`;
  } catch {
    return '';
  }
}

export class Surveys implements vscode.Disposable {
  readonly #store = new Store();
  readonly #companion: Companion;
  readonly #uses: DataUses;
  /** Folder for what the helper keeps. */
  readonly cache: string;
  readonly #changed = this.#store.add(new vscode.EventEmitter<string>());
  readonly #looks = this.#store.add(
    new SharedLooks({
      question: (file) => {
        const use = this.#uses.chosen(file);
        return JSON.stringify([stampOf(file), use, use && stampOf(use.config)]);
      },
      look: (file, all, signal) => this.#look(file, all, signal),
      changed: (file) => {
        this.#changed.fire(file);
      },
    }),
  );

  /** Told the file that was looked at. */
  readonly onDidChange = this.#changed.event;

  constructor(companion: Companion, uses: DataUses, cache: string) {
    this.#companion = companion;
    this.#uses = uses;
    this.cache = cache;
    this.#store.add(
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.#looks.clear();
      }),
    );
  }

  get(file: string): Survey | undefined {
    return this.#looks.get(file)?.survey;
  }

  /** Why there is no survey. */
  failure(file: string): string | undefined {
    const known = this.#looks.get(file);
    return known?.survey === undefined ? known?.reason : undefined;
  }

  /** Why there is no survey, or why it counts no tokens. */
  reason(file: string): string | undefined {
    return this.#looks.get(file)?.reason;
  }

  /** The helper's answer for the file as it is now; what it knew before is given at once by `get`. */
  ask(file: string, options?: AskOptions): Promise<Survey | undefined> {
    return this.#looks.ask(file, options);
  }

  /** A view that can't be read (its base is missing, say) still leaves rows and format. */
  async #look(file: string, all: boolean, signal: AbortSignal): Promise<Looked> {
    const use = this.#uses.chosen(file);
    const role = use?.role ?? 'train';
    const params = { file, role, cache: this.cache, ...(all ? { all } : {}) };
    const ask = (view: ReturnType<typeof viewOf> | null): Promise<Survey> =>
      this.#companion.call('data/survey', { ...params, view }, signal);
    try {
      return { survey: await ask(use === undefined ? null : viewOf(use)) };
    } catch (error) {
      const isViews = error instanceof UserError && error.place.file !== file && use !== undefined;
      if (!isViews || error.code === 'cancelled' || error.code === 'channel-closed') throw error;
      return { survey: await ask(null), uncounted: describeError(error) };
    }
  }

  forget(file: string): void {
    this.#looks.forget(file);
  }

  dispose(): void {
    this.#store.dispose();
  }
}
