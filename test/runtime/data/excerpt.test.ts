/** @file What a row is about, on one line. */
import { expect, test } from 'vitest';
import { excerptOf } from '../../../runtime/data/excerpt.ts';

test.each([
  [
    '{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "Hello,\\n you"}]}',
    'Hello, you',
  ],
  ['{"prompt": "p", "completion": "c"}', 'p'],
  ['{"text": "a\\u0007b"}', 'a b'],
  ['{"input_ids": [1, 2]}', '1 2'],
  ['not JSON', 'not JSON'],
  ['{"other": 1}', '{"other": 1}'],
])('%s', (row, excerpt) => {
  expect(excerptOf(row, {})).toBe(excerpt);
});

test('a long row costs no more than its beginning', () => {
  expect(excerptOf('x'.repeat(1_000_000), {})).toHaveLength(200);
});
