/** @file The helper process as the rest of the extension sees it: always there, restarted after a crash. */
import type { Disposable } from '../common/disposable.ts';
import { protocolVersion } from '../../runtime/contract/protocol.ts';
import type { ServeApi, ServeEvents } from '../../runtime/contract/protocol.ts';
import { connect } from '../../runtime/contract/rpc.ts';
import type { Connection, Listeners, None, Port } from '../../runtime/contract/rpc.ts';
import type { HelperProcess } from './process.ts';

export type ServeConnection = Connection<ServeApi, None>;

export interface HelperOptions {
  readonly start: () => HelperProcess;
  readonly listeners: Listeners<ServeEvents>;
  /** It crashed and was started anew: what was asked for has to be asked again. */
  readonly restarted: () => void;
  /** It crashed too often to be started again. */
  readonly givenUp: (reason: string) => void;
  readonly now?: () => number;
}

/** Crashes within the window after which the helper stays down until someone asks again. */
const crashLimit = 3;
const crashWindow = 60_000;

export class HelperClient implements Disposable {
  readonly #options: HelperOptions;
  readonly #crashes: number[] = [];
  #process: HelperProcess | undefined;
  #connection: ServeConnection | undefined;
  #ended = false;

  constructor(options: HelperOptions) {
    this.#options = options;
  }

  /** The running helper's channel; starts it where it isn't running. */
  connection(): ServeConnection {
    return this.#connection ?? this.#start();
  }

  #start(): ServeConnection {
    const helper = this.#options.start();
    const { port } = helper;
    const watched: Port = {
      post: (message) => {
        port.post(message);
      },
      listen: (receive, closed) => {
        port.listen(receive, (reason) => {
          closed(reason);
          this.#closed(helper, reason);
        });
      },
    };
    this.#process = helper;
    this.#connection = connect<None, ServeApi, ServeEvents, None>(watched, {
      version: protocolVersion,
      handlers: {},
      listeners: this.#options.listeners,
    });
    return this.#connection;
  }

  #closed(helper: HelperProcess, reason: string): void {
    if (this.#process !== helper) return;
    this.#process = undefined;
    this.#connection = undefined;
    if (this.#ended) return;
    const now = (this.#options.now ?? Date.now)();
    this.#crashes.push(now);
    const recent = this.#crashes.filter((time) => now - time < crashWindow).length;
    if (recent < crashLimit) {
      this.#start();
      this.#options.restarted();
    } else this.#options.givenUp(reason);
  }

  dispose(): void {
    this.#ended = true;
    this.#process?.kill();
  }
}
