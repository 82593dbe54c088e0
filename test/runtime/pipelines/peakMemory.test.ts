/** @file The peak of memory: bytes, at least what is in use, and never falling. */
import { expect, test } from 'vitest';
import { peakBytes } from '../../../runtime/pipelines/peakMemory.ts';

test('the peak is in bytes and holds what was used once', () => {
  const before = peakBytes();
  // a Node process alone takes tens of megabytes, and no test machine has a terabyte
  expect(before).toBeGreaterThan(2e7);
  expect(before).toBeLessThan(1e12);
  const size = Math.max(0, before - process.memoryUsage().rss) + 64e6;
  const block = Buffer.alloc(size, 1);
  expect(block[size - 1]).toBe(1);
  // the system counts pages, and may have moved others out meanwhile
  expect(peakBytes()).toBeGreaterThan(before + 16e6);
});
