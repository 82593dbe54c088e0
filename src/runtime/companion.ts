/** @file The window's helper process: every area asks it, and hears what it tells. Nothing starts before the first question. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { Store } from '../common/disposable.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { ServeApi, ServeEvents } from '../../runtime/contract/protocol.ts';
import { HelperClient } from './client.ts';
import type { HelperProcess } from './process.ts';

export class Companion implements vscode.Disposable {
  readonly #store = new Store();
  readonly #client: HelperClient;
  readonly #restarted = this.#store.add(new vscode.EventEmitter<void>());
  readonly #runsChanged = this.#store.add(new vscode.EventEmitter<ServeEvents['runs/changed']>());
  readonly #compareChanged = this.#store.add(new vscode.EventEmitter<ServeEvents['compare/changed']>());
  readonly #compareEvents = this.#store.add(new vscode.EventEmitter<ServeEvents['compare/events']>());
  readonly #sweepsChanged = this.#store.add(new vscode.EventEmitter<ServeEvents['sweeps/changed']>());
  readonly #runEvents = this.#store.add(new vscode.EventEmitter<ServeEvents['run/events']>());

  readonly onRunsChanged = this.#runsChanged.event;
  readonly onRunEvents = this.#runEvents.event;
  readonly onCompareChanged = this.#compareChanged.event;
  readonly onCompareEvents = this.#compareEvents.event;
  readonly onSweepsChanged = this.#sweepsChanged.event;
  /** It crashed and was started anew: what was asked for has to be asked again. */
  readonly onDidRestart = this.#restarted.event;

  constructor(start: () => HelperProcess, log: vscode.LogOutputChannel) {
    this.#client = this.#store.add(
      new HelperClient({
        start,
        listeners: {
          'runs/changed': (message) => {
            this.#runsChanged.fire(message);
          },
          'run/events': (message) => {
            this.#runEvents.fire(message);
          },
          'compare/changed': (message) => {
            this.#compareChanged.fire(message);
          },
          'compare/events': (message) => {
            this.#compareEvents.fire(message);
          },
          'sweeps/changed': (message) => {
            this.#sweepsChanged.fire(message);
          },
        },
        restarted: () => {
          log.warn('The helper process ended and was started again.');
          this.#restarted.fire();
        },
        givenUp: (reason) => {
          log.error(reason);
          void tellGivenUp(reason, log);
        },
      }),
    );
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

async function tellGivenUp(reason: string, log: vscode.LogOutputChannel): Promise<void> {
  const showLog = l10n.t('Show Log');
  const text = l10n.t("Adapter Workbench's helper process keeps ending: {0}", reason);
  if ((await vscode.window.showErrorMessage(text, showLog)) === showLog) log.show();
}
