/**
 * @file Typed calls over any message channel. Every request ends in exactly one of: result, typed error, cancelled, closed.
 *
 * Own code rather than a library: vscode-jsonrpc turns typed arrays into text, birpc takes a falsy throw for a success
 * and cannot cancel. One class of channel for fork, a page's postMessage and MessageChannel keeps one set of tests.
 */
import { UserError } from './errors.ts';
import type { Place } from './errors.ts';

/** One end of a channel that keeps the order of messages. */
export interface Port {
  post(message: unknown): void;
  /** Called once; `closed` is told why nothing more will come. */
  listen(receive: (message: unknown) => void, closed: (reason: string) => void): void;
}

/** Requests one side answers: name -> parameters and result. Names are `noun/verb`. */
export type Api = Record<string, { readonly params: unknown; readonly result: unknown }>;
/** Messages without an answer: name -> payload. Names are `noun/participle` or `noun/plural`. */
export type Events = Record<string, unknown>;
export type None = Record<string, never>;

export type Handlers<A extends Api> = {
  readonly [K in keyof A]: (
    params: A[K]['params'],
    signal: AbortSignal,
  ) => A[K]['result'] | Promise<A[K]['result']>;
};
export type Listeners<E extends Events> = { readonly [K in keyof E]: (payload: E[K]) => void };

export interface Connection<Theirs extends Api, MyEvents extends Events> {
  /**
   * Asks the other side.
   * @throws UserError with the other side's code, or `cancelled`, `channel-closed`, `version-mismatch`.
   */
  call<K extends keyof Theirs & string>(
    method: K,
    params: Theirs[K]['params'],
    signal?: AbortSignal,
  ): Promise<Theirs[K]['result']>;
  /** Tells the other side; silently lost when the channel is closed. */
  emit<K extends keyof MyEvents & string>(name: K, payload: MyEvents[K]): void;
}

interface WireError {
  readonly code: string;
  readonly message: string;
  readonly place?: Place;
  readonly hint?: string | undefined;
}

type Message =
  | { readonly kind: 'hello'; readonly version: string }
  | { readonly kind: 'request'; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'event'; readonly name: string; readonly payload: unknown };

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Lets go of the caller's signal. */
  readonly forget: () => void;
}

const toWire = (error: unknown): WireError =>
  error instanceof UserError
    ? { code: error.code, message: error.message, place: error.place, hint: error.hint }
    : { code: 'internal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };

const fromWire = ({ code, message, place, hint }: WireError): UserError =>
  new UserError(code, message, {
    ...(place === undefined ? {} : { place }),
    ...(hint === undefined ? {} : { hint }),
  });

const versionMismatch = (ours: string, theirs: string): UserError =>
  new UserError('version-mismatch', `This side is version ${ours}, the other ${theirs}.`, {
    hint: 'Reload the window.',
  });

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';

/** Posts and says whether the channel took it: a closed channel and a value that cannot be cloned both throw. */
type Post = (message: Message) => UserError | undefined;

/** The half that answers. A name like "constructor" must not find a function that nobody listed. */
function answering(post: Post, handlers: Handlers<Api>) {
  const running = new Map<number, AbortController>();
  const answer = async (method: string, params: unknown, signal: AbortSignal): Promise<unknown> => {
    const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
    if (handler === undefined) throw new UserError('unknown-method', `Nobody answers ${method} here.`);
    return await handler(params, signal);
  };
  return {
    request({ id, method, params }: Message & { kind: 'request' }): void {
      const abort = new AbortController();
      running.set(id, abort);
      void answer(method, params, abort.signal)
        .then(
          (value) => post({ kind: 'result', id, value }),
          (error: unknown) => post({ kind: 'error', id, error: toWire(error) }),
        )
        .then((unsent) => {
          running.delete(id);
          if (unsent !== undefined) post({ kind: 'error', id, error: toWire(unsent) });
        });
    },
    cancel(id: number): void {
      running.get(id)?.abort(new UserError('cancelled', 'Cancelled.'));
    },
    end(failure: UserError): void {
      for (const abort of running.values()) abort.abort(failure);
      running.clear();
    },
  };
}

/** The half that asks: each call sits in `pending` until the one message that ends it. */
function asking(post: Post) {
  const pending = new Map<number, Pending>();
  let nextId = 1;
  const settle = (id: number, finish: (call: Pending) => void): void => {
    const call = pending.get(id);
    pending.delete(id);
    if (call === undefined) return;
    call.forget();
    finish(call);
  };
  return {
    call(method: string, params: unknown, signal: AbortSignal | undefined): Promise<unknown> {
      const id = nextId++;
      const onAbort = (): void => {
        post({ kind: 'cancel', id });
        settle(id, (call) => {
          call.reject(new UserError('cancelled', `${method} was cancelled.`));
        });
      };
      return new Promise((resolve, reject) => {
        const forget = () => signal?.removeEventListener('abort', onAbort);
        pending.set(id, { resolve, reject, forget });
        if (signal?.aborted === true) onAbort();
        else {
          signal?.addEventListener('abort', onAbort);
          const unsent = post({ kind: 'request', id, method, params });
          if (unsent !== undefined)
            settle(id, (call) => {
              call.reject(unsent);
            });
        }
      });
    },
    settle,
    end(failure: UserError): void {
      for (const id of [...pending.keys()])
        settle(id, (call) => {
          call.reject(failure);
        });
    },
  };
}

/** What this side answers, listens to, and calls itself. */
export interface Side<Mine extends Api, TheirEvents extends Events> {
  /** Goes out first; a different one from the other side fails every call. */
  readonly version: string;
  readonly handlers: Handlers<Mine>;
  readonly listeners: Listeners<TheirEvents>;
}

/** Joins this side to the other. Never throws: what goes wrong on the channel rejects the calls that wait on it. */
export function connect<
  Mine extends Api,
  Theirs extends Api,
  TheirEvents extends Events,
  MyEvents extends Events,
>(port: Port, side: Side<Mine, TheirEvents>): Connection<Theirs, MyEvents> {
  const post: Post = (message) => {
    try {
      port.post(message);
      return undefined;
    } catch (error) {
      return new UserError('channel-closed', `The channel did not take a message: ${String(error)}`);
    }
  };
  const answers = answering(post, side.handlers);
  const calls = asking(post);
  let failure: UserError | undefined;
  const fail = (error: UserError): void => {
    failure ??= error;
    calls.end(failure);
    answers.end(failure);
  };
  const receive = (message: unknown): void => {
    if (!isMessage(message)) return;
    switch (message.kind) {
      case 'hello':
        if (message.version !== side.version) fail(versionMismatch(side.version, message.version));
        return;
      case 'request':
        if (failure === undefined) answers.request(message);
        else post({ kind: 'error', id: message.id, error: toWire(failure) });
        return;
      case 'result':
        calls.settle(message.id, (call) => {
          call.resolve(message.value);
        });
        return;
      case 'error':
        calls.settle(message.id, (call) => {
          call.reject(fromWire(message.error));
        });
        return;
      case 'cancel':
        answers.cancel(message.id);
        return;
      case 'event':
        if (failure === undefined && Object.hasOwn(side.listeners, message.name))
          (side.listeners as Listeners<Events>)[message.name]?.(message.payload);
    }
  };
  port.listen(receive, (reason) => {
    fail(new UserError('channel-closed', reason));
  });
  post({ kind: 'hello', version: side.version });
  return {
    call: (method, params, signal) =>
      failure === undefined ? calls.call(method, params, signal) : Promise.reject(failure),
    emit: (name, payload) => {
      if (failure === undefined) post({ kind: 'event', name, payload });
    },
  };
}
