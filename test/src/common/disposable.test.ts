/** @file Nothing that was acquired is kept, whenever it arrives. */
import { expect, test } from 'vitest';
import { Store } from '../../../src/common/disposable.ts';

test('the last acquired is let go first, and each once', () => {
  const order: string[] = [];
  const store = new Store();
  for (const name of ['a', 'b', 'c']) store.add({ dispose: () => order.push(name) });
  store.dispose();
  store.dispose();
  expect(order).toEqual(['c', 'b', 'a']);
});

test('what arrives late is let go at once', () => {
  const store = new Store();
  store.dispose();
  let gone = false;
  store.add({
    dispose: () => {
      gone = true;
    },
  });
  expect(gone).toBe(true);
});
