/** @file What adapted linears come to together. */
import { expect, test } from 'vitest';
import { adapterSummary } from '../../../runtime/config/baseShape.ts';

test('numbers of all targets, and those trained whole beside them', () => {
  const target = (path: string, trained: number) => ({
    ...{ path, rank: 2, alpha: 4, scale: 2 },
    ...{ trained, frozen: 3, stored: trained + 3 },
  });
  const linears = ['a', 'b', 'c'].map((path) => ({ path, inputs: 4, outputs: 4 }));
  const targets = [target('a', 16), target('b', 20)];
  expect(adapterSummary({ linears }, targets, 7)).toEqual({
    ...{ matched: 2, linears: 3, parameters: 36, frozen: 6, stored: 42, saved: 7, targets },
  });
});
