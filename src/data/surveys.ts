/** @file What is known of data files as a whole: asked for one after the other, kept until file or config change. */
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { Survey } from '../../runtime/contract/api/data.ts';
import type { ServeApi } from '../../runtime/contract/protocol.ts';
import type { Companion } from '../runtime/companion.ts';
import { viewOf } from './uses.ts';
import type { DataUses } from './uses.ts';

interface Entry {
  readonly survey: Survey | undefined;
  /** Why there is none. */
  readonly failure: string | undefined;
}

interface AskOptions {
  /** All rows, also of a large file. */
  readonly all?: boolean;
  readonly signal?: AbortSignal;
}

export class Surveys implements vscode.Disposable {
  readonly #store = new Store();
  readonly #companion: Companion;
  readonly #uses: DataUses;
  /** Folder for what the helper keeps. */
  readonly cache: string;
  readonly #changed = this.#store.add(new vscode.EventEmitter<string>());
  readonly #known = new Map<string, Entry>();
  readonly #asked = new Map<string, AbortController>();

  /** Told the file that was looked at. */
  readonly onDidChange = this.#changed.event;

  constructor(companion: Companion, uses: DataUses, cache: string) {
    this.#companion = companion;
    this.#uses = uses;
    this.cache = cache;
    this.#store.add(
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.#known.clear();
      }),
    );
  }

  get(file: string): Survey | undefined {
    return this.#known.get(file)?.survey;
  }

  failure(file: string): string | undefined {
    return this.#known.get(file)?.failure;
  }

  /** The helper's answer for the file as it is now; what it knew before is given at once by `get`. */
  async ask(file: string, { all = false, signal }: AskOptions = {}): Promise<Survey | undefined> {
    this.#asked.get(file)?.abort();
    const abort = new AbortController();
    this.#asked.set(file, abort);
    const either = signal === undefined ? abort.signal : AbortSignal.any([abort.signal, signal]);
    const use = this.#uses.chosen(file);
    const params = {
      file,
      role: use?.role ?? 'train',
      cache: this.cache,
      ...(all ? { all } : {}),
    } as const;
    try {
      const survey = await this.#askWith({ ...params, view: use === undefined ? null : viewOf(use) }, either);
      this.#settle(file, abort, { survey, failure: undefined });
      return survey;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (error.code !== 'cancelled')
        this.#settle(file, abort, { survey: undefined, failure: error.message });
      return undefined;
    }
  }

  /** A view that can't be read (its base is missing, say) still leaves rows and format. */
  async #askWith(params: ServeApi['data/survey']['params'], signal: AbortSignal): Promise<Survey> {
    try {
      return await this.#companion.call('data/survey', params, signal);
    } catch (error) {
      const isViews = error instanceof UserError && error.place.file !== params.file && params.view !== null;
      if (!isViews || error.code === 'cancelled' || error.code === 'channel-closed') throw error;
      return await this.#companion.call('data/survey', { ...params, view: null }, signal);
    }
  }

  #settle(file: string, abort: AbortController, entry: Entry): void {
    if (this.#asked.get(file) !== abort) return;
    this.#asked.delete(file);
    this.#known.set(file, entry);
    this.#changed.fire(file);
  }

  forget(file: string): void {
    this.#asked.get(file)?.abort();
    this.#known.delete(file);
  }

  dispose(): void {
    for (const abort of this.#asked.values()) abort.abort();
    this.#store.dispose();
  }
}
