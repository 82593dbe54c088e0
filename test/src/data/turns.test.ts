/** @file Turns: what waits begins behind what went before, also behind a failure. */
import { expect, test } from 'vitest';
import { Turns } from '../../../src/data/turns.ts';

test('each begins when the one before it has ended', async () => {
  const turns = new Turns();
  let list: number[] = [];
  // Reads, waits, writes: two at once would lose one.
  const add = (row: number) => async (): Promise<number> => {
    const read = list;
    await Promise.resolve();
    list = [...read, row];
    return row;
  };
  const failing = turns.take(() => Promise.reject(new Error('full')));
  const added = Promise.all([3, 5, 8].map((row) => turns.take(add(row))));
  await expect(failing).rejects.toThrow('full');
  expect([await added, list]).toEqual([
    [3, 5, 8],
    [3, 5, 8],
  ]);
});
