/** @file Rows and lengths that pages are asked for: heard by what is visible, kept for what has to load, once. */
import { expect, test } from 'vitest';
import { PageWishes } from '../../../src/data/pageWishes.ts';
import type { Wish, WishPage } from '../../../src/data/pageWishes.ts';

function pageOf({ hears, active }: { hears: boolean; active: boolean }): WishPage & { told: Wish[] } {
  const told: Wish[] = [];
  return { told, hears: () => hears, isActive: () => active, tell: (wish) => told.push(wish) };
}

const show = (): Promise<void> => Promise.resolve();

test('a file without a page keeps the wish for the one that opens, which hears it once', async () => {
  const wishes = new PageWishes();
  await wishes.ask('a', { row: 5 }, [], show);
  expect([wishes.take('b'), wishes.take('a'), wishes.take('a')]).toEqual([{}, { row: 5 }, {}]);
});

test('a visible page hears it at once, and nothing waits for its next load', async () => {
  const wishes = new PageWishes();
  const page = pageOf({ hears: true, active: true });
  await wishes.ask('a', { row: 5 }, [page], show);
  expect([page.told, wishes.take('a')]).toEqual([[{ row: 5 }], {}]);
});

test('a page in a hidden tab takes it when it is shown', async () => {
  const wishes = new PageWishes();
  const page = pageOf({ hears: false, active: true });
  await wishes.ask('a', { statistics: true }, [page], show);
  expect([page.told, wishes.take('a')]).toEqual([[], { statistics: true }]);
});

test('of a visible and a hidden page the one that is shown goes there', async () => {
  const wishes = new PageWishes();
  const hidden = pageOf({ hears: false, active: false });
  await wishes.ask('a', { row: 5 }, [pageOf({ hears: true, active: true }), hidden], show);
  expect(wishes.take('a')).toEqual({});
  await wishes.ask('a', { row: 6 }, [pageOf({ hears: true, active: false }), hidden], show);
  expect(wishes.take('a')).toEqual({ row: 6 });
});

test('a row and lengths that were asked for before the page loads', async () => {
  const wishes = new PageWishes();
  await wishes.ask('a', { row: 5 }, [], show);
  await wishes.ask('a', { statistics: true }, [], show);
  expect(wishes.take('a')).toEqual({ row: 5, statistics: true });
});
