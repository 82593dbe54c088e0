/** @file The channel cannot hang: each way a request can end, over a real MessageChannel. */
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { connect } from '../../../runtime/contract/rpc.ts';
import type { Connection, None, Port } from '../../../runtime/contract/rpc.ts';

type SumApi = {
  readonly 'sum/add': {
    readonly params: { readonly a: number; readonly b: number };
    readonly result: number;
  };
  readonly 'sum/wait': { readonly params: null; readonly result: null };
  readonly 'sum/fail': { readonly params: { readonly how: string }; readonly result: null };
  readonly 'sum/uncloneable': { readonly params: null; readonly result: unknown };
};
type SumEvents = { readonly 'sum/added': number };

const channels: MessageChannel[] = [];
afterEach(() => {
  for (const { port1, port2 } of channels.splice(0)) {
    port1.close();
    port2.close();
  }
});

const portOf = (port: MessagePort): Port => ({
  post: (message) => {
    port.postMessage(message);
  },
  listen: (receive, closed) => {
    port.on('message', receive);
    port.on('close', () => {
      closed('the other side went away');
    });
  },
});

/** A client joined to a server that adds; `started` and `aborted` say what the waiting handler saw. */
function pair({ serverVersion = '1', clientVersion = '1' } = {}) {
  const channel = new MessageChannel();
  channels.push(channel);
  const seen: unknown[] = [];
  const { promise: started, resolve: start } = Promise.withResolvers<undefined>();
  const { promise: aborted, resolve: abort } = Promise.withResolvers<unknown>();
  const server: Connection<None, SumEvents> = connect<SumApi, None, None, SumEvents>(portOf(channel.port1), {
    version: serverVersion,
    handlers: {
      'sum/add': ({ a, b }) => {
        server.emit('sum/added', a + b);
        return a + b;
      },
      'sum/wait': async (_, signal) => {
        start(undefined);
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve);
        });
        abort(signal.reason);
        return null;
      },
      'sum/fail': ({ how }) => {
        if (how === 'user')
          throw new UserError('bad-sum', 'Too large.', {
            hint: 'Add less.',
            place: { file: 'a.json', line: 3 },
          });
        // A falsy throw must not pass for a success.
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- the case under test
        throw undefined;
      },
      'sum/uncloneable': () => () => 1,
    },
    listeners: {},
  });
  const client = connect<None, SumApi, SumEvents, None>(portOf(channel.port2), {
    version: clientVersion,
    handlers: {},
    listeners: {
      'sum/added': (sum) => {
        seen.push(sum);
      },
    },
  });
  return { client, channel, seen, started, aborted };
}

describe('a request ends in', () => {
  test('its result, after the events that were sent before it', async () => {
    const { client, seen } = pair();
    await expect(client.call('sum/add', { a: 2, b: 3 })).resolves.toBe(5);
    expect(seen).toEqual([5]);
  });

  test('the typed error of the other side, with code, place and hint', async () => {
    const { client } = pair();
    await expect(client.call('sum/fail', { how: 'user' })).rejects.toMatchObject({
      name: 'UserError',
      code: 'bad-sum',
      message: 'Too large.',
      hint: 'Add less.',
      place: { file: 'a.json', line: 3 },
    });
  });

  test('an error, too, when the other side throws nothing at all', async () => {
    const { client } = pair();
    await expect(client.call('sum/fail', { how: 'falsy' })).rejects.toMatchObject({ code: 'internal' });
  });

  test('an error for a method that nobody answers, inherited names included', async () => {
    const { client } = pair();
    for (const method of ['sum/none', 'constructor', 'toString'])
      await expect(client.call(method as 'sum/wait', null)).rejects.toMatchObject({ code: 'unknown-method' });
  });

  test('an error for an answer that cannot be sent', async () => {
    const { client } = pair();
    await expect(client.call('sum/uncloneable', null)).rejects.toMatchObject({ code: 'channel-closed' });
  });

  test('cancelled, at once here, and the handler is told', async () => {
    const { client, started, aborted } = pair();
    const abort = new AbortController();
    const call = client.call('sum/wait', null, abort.signal);
    await started;
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    await expect(aborted).resolves.toMatchObject({ code: 'cancelled' });
  });

  test('cancelled, when the signal was raised before', async () => {
    const { client } = pair();
    await expect(client.call('sum/wait', null, AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  test('closed, for calls under way and for later ones', async () => {
    const { client, channel, started, aborted } = pair();
    const call = client.call('sum/wait', null);
    await started;
    channel.port1.close();
    await expect(call).rejects.toMatchObject({ code: 'channel-closed', message: 'the other side went away' });
    await expect(client.call('sum/wait', null)).rejects.toMatchObject({ code: 'channel-closed' });
    await expect(aborted).resolves.toMatchObject({ code: 'channel-closed' });
  });

  test('one clear message when the versions differ', async () => {
    const { client, seen } = pair({ serverVersion: '2' });
    await expect(client.call('sum/add', { a: 1, b: 1 })).rejects.toMatchObject({
      code: 'version-mismatch',
      hint: 'Reload the window.',
    });
    expect(seen).toEqual([]);
  });
});

test('messages that are none are ignored', async () => {
  const { client, channel } = pair();
  for (const junk of [null, 1, 'x', {}, { kind: 1 }, { kind: 'result', id: 99 }, { kind: 'cancel', id: 99 }])
    channel.port1.postMessage(junk);
  await expect(client.call('sum/add', { a: 1, b: 1 })).resolves.toBe(2);
});
