/** @file The window's helper process: every area asks it, and hears what it tells. Nothing starts before the first question. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { Store } from '../common/disposable.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import { listenToAll } from '../../runtime/contract/protocol.ts';
import type { ServeApi, ServeEvents } from '../../runtime/contract/protocol.ts';
import { HelperClient } from './client.ts';
import type { HelperProcess } from './process.ts';

type Told = {
  readonly [K in keyof ServeEvents]: { readonly name: K; readonly payload: ServeEvents[K] };
}[keyof ServeEvents];

export class Companion implements vscode.Disposable {
  readonly #store = new Store();
  readonly #client: HelperClient;
  readonly #restarted = this.#store.add(new vscode.EventEmitter<void>());
  readonly #told = this.#store.add(new vscode.EventEmitter<Told>());

  /** It crashed and was started anew: what was asked for has to be asked again. */
  readonly onDidRestart = this.#restarted.event;

  constructor(start: () => HelperProcess, log: vscode.LogOutputChannel) {
    this.#client = this.#store.add(
      new HelperClient({
        start,
        listeners: listenToAll((name, payload) => {
          this.#told.fire({ name, payload } as Told);
        }),
        restarted: () => {
          void tellRestarted(log);
          this.#restarted.fire();
        },
        givenUp: (reason) => {
          log.error(reason);
          void tellGivenUp(reason, log);
        },
      }),
    );
  }

  /** Hears one kind of what the helper tells. */
  on<K extends keyof ServeEvents>(name: K): vscode.Event<ServeEvents[K]> {
    return (listener, thisArgs, disposables) =>
      this.#told.event(
        (told) => {
          if (told.name === name) listener.call(thisArgs, told.payload as ServeEvents[K]);
        },
        undefined,
        disposables,
      );
  }

  /** Starts the helper ahead of the first question, while the window finds out what to ask. */
  start(): void {
    if (vscode.workspace.isTrusted) this.#client.connection();
  }

  /**
   * Asks the helper; starts it where it isn't running.
   * @throws UserError with the helper's code, `untrusted`, `cancelled` or `channel-closed`.
   */
  async call<K extends keyof ServeApi>(
    method: K,
    params: ServeApi[K]['params'],
    signal?: AbortSignal,
  ): Promise<ServeApi[K]['result']> {
    if (!vscode.workspace.isTrusted)
      throw new UserError('untrusted', 'This folder is not trusted: nothing is read or started in it.');
    return await this.#client.connection().call(method, params, signal);
  }

  dispose(): void {
    this.#store.dispose();
  }
}

async function tellRestarted(log: vscode.LogOutputChannel): Promise<void> {
  const text = l10n.t(
    "Adapter Workbench's helper process ended and was started again. Runs go on without it.",
  );
  log.warn(text);
  const showLog = l10n.t('Show Log');
  if ((await vscode.window.showWarningMessage(text, showLog)) === showLog) log.show();
}

async function tellGivenUp(reason: string, log: vscode.LogOutputChannel): Promise<void> {
  const showLog = l10n.t('Show Log');
  const text = l10n.t("Adapter Workbench's helper process keeps ending: {0}", reason);
  if ((await vscode.window.showErrorMessage(text, showLog)) === showLog) log.show();
}
