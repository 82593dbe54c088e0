/** @file Rows are asked for once, first as they stand there, then encoded. */
import { expect, test } from 'vitest';
import { RowStore } from '../../../webview/dataset/rowStore.ts';

function create(encodes: boolean) {
  const asked: [number, boolean][] = [];
  let wake = (): void => undefined;
  const store = new RowStore(
    (first, count, encoded) => {
      asked.push([first, encoded]);
      const items = Array.from({ length: count }, (_, i) => ({
        row: first + i,
        line: first + i,
        excerpt: String(encoded),
        lints: [],
        excluded: false,
      }));
      return Promise.resolve(items);
    },
    () => {
      wake();
    },
  );
  store.encodes = encodes;
  const arrival = () => new Promise<void>((resolve) => (wake = resolve));
  return { store, asked, arrival };
}

test('a page comes twice: plain, and encoded', async () => {
  const { store, asked, arrival } = create(true);
  store.want([1, 2, 3]);
  store.want([3, 4]);
  await arrival();
  expect(store.get(2)?.excerpt).toBe('false');
  await arrival();
  expect(store.get(2)?.excerpt).toBe('true');
  store.want([5]);
  expect(asked).toEqual([
    [1, false],
    [1, true],
  ]);
});

test('without a config once; cleared, what is on its way is void', async () => {
  const { store, asked, arrival } = create(false);
  store.want([65]);
  await arrival();
  expect([asked, store.get(65)?.row]).toEqual([[[65, false]], 65]);
  store.want([200]);
  store.clear();
  await Promise.resolve();
  expect(store.get(200)).toBeUndefined();
});
