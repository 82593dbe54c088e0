/** @file The words in which the parts below say that memory ran out. */
import { expect, test } from 'vitest';
import { isOutOfMemory } from '../../../runtime/ort/outOfMemory.ts';

test.each([
  "Non-zero status code returned while running Add node. Name:'Add_59' Status Message: std::bad_alloc",
  'Array buffer allocation failed',
  'pthread_create failed, error code: 12 error msg: Cannot allocate memory',
  'Failed to allocate memory for requested buffer of size 4096',
])('%s', (message) => {
  expect(isOutOfMemory(new Error(message))).toBe(true);
});

test('other errors are others', () => {
  expect(isOutOfMemory(new Error('Invalid array length'))).toBe(false);
  expect(isOutOfMemory('bad_alloc')).toBe(false);
});
