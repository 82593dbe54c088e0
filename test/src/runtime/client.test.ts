/** @file The helper is started on demand, again after a crash, and left down when it keeps crashing. */
import { expect, test, vi } from 'vitest';
import { HelperClient } from '../../../src/runtime/client.ts';
import { listenToAll, protocolVersion } from '../../../runtime/contract/protocol.ts';

/** Helpers that answer nothing; `crash` ends the youngest. */
function helpers() {
  const closers: ((reason: string) => void)[] = [];
  const killed = vi.fn();
  const start = () => ({
    port: {
      post: (message: unknown) => {
        expect(message).toBeTypeOf('object');
      },
      listen: (receive: (message: unknown) => void, closed: (reason: string) => void) => {
        closers.push(closed);
        receive({ kind: 'hello', version: protocolVersion });
      },
    },
    kill: killed,
  });
  return { start, killed, closers, crash: () => closers.at(-1)?.('ended (1)') };
}

function client(now: () => number = () => 0) {
  const made = helpers();
  const restarted = vi.fn();
  const givenUp = vi.fn();
  const listeners = listenToAll(vi.fn());
  return {
    ...made,
    restarted,
    givenUp,
    client: new HelperClient({ start: made.start, listeners, restarted, givenUp, now }),
  };
}

test('one helper serves many calls', () => {
  const { client: helper, closers } = client();
  expect(closers).toHaveLength(0);
  expect(helper.connection()).toBe(helper.connection());
  expect(closers).toHaveLength(1);
});

test('a crash ends the calls under way and starts a new helper', async () => {
  const { client: helper, crash, restarted, closers } = client();
  const call = helper.connection().call('run/leave', { folder: '/a' });
  crash();
  await expect(call).rejects.toMatchObject({ code: 'channel-closed', message: 'ended (1)' });
  expect(closers).toHaveLength(2);
  expect(restarted).toHaveBeenCalledOnce();
});

test('three crashes within a minute are enough, unless they are far apart', () => {
  const near = client();
  near.client.connection();
  for (let i = 0; i < 3; i++) near.crash();
  expect(near.givenUp).toHaveBeenCalledExactlyOnceWith('ended (1)');
  expect(near.closers).toHaveLength(3);

  let time = 0;
  const far = client(() => (time += 61_000));
  far.client.connection();
  for (let i = 0; i < 5; i++) far.crash();
  expect(far.givenUp).not.toHaveBeenCalled();
});

test('the end of the window is no crash', () => {
  const { client: helper, crash, killed, restarted, closers } = client();
  helper.connection();
  helper.dispose();
  crash();
  expect(killed).toHaveBeenCalledOnce();
  expect(restarted).not.toHaveBeenCalled();
  expect(closers).toHaveLength(1);
});
