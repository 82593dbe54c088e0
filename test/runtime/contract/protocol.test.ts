/** @file Each event of the helper has a listener, and arrives with its name. */
import { expect, test, vi } from 'vitest';
import { listenToAll } from '../../../runtime/contract/protocol.ts';

test('a listener for each event passes it on with its name', () => {
  const tell = vi.fn();
  const listeners = listenToAll(tell);
  const gone = { runs: [], gone: ['a'] };
  listeners['runs/changed'](gone);
  expect(tell.mock.calls).toEqual([['runs/changed', gone]]);
  for (const listener of Object.values(listeners)) (listener as (payload: unknown) => void)(null);
  expect(new Set(tell.mock.calls.map(([name]) => name as string))).toEqual(new Set(Object.keys(listeners)));
});
