/** @file Expected errors as one line of text. */
import { expect, test } from 'vitest';
import { UserError, describeError, describePlace } from '../../../runtime/contract/errors.ts';

test.each([
  [{}, ''],
  [{ file: 'a' }, 'a'],
  [{ file: 'a', line: 3 }, 'a:3'],
  [{ file: 'a', line: 3, column: 5 }, 'a:3:5'],
  [{ file: 'a', byte: 0 }, 'a at byte 0'],
  [{ file: 'a', what: 'row 12' }, 'a (row 12)'],
  [{ what: 'row 12' }, 'row 12'],
])('the place %j is "%s"', (place, words) => {
  expect(describePlace(place)).toBe(words);
});

test('place, message and hint stand in one line; other errors show their stack', () => {
  const error = new UserError('a-code', 'is wrong.', {
    place: { file: 'x', line: 2 },
    hint: 'Mend it.',
    cause: 1,
  });
  expect(describeError(error)).toBe('x:2: is wrong. Mend it.');
  expect([error.code, error.name, error.cause]).toEqual(['a-code', 'UserError', 1]);
  expect(describeError(new UserError('b', 'Bare.'))).toBe('Bare.');
  expect(describeError(new UserError('c', 'It said: no', { hint: 'Ask.' }))).toBe('It said: no. Ask.');
  expect(describeError(new TypeError('boom'))).toMatch(/^TypeError: boom\n {4}at /);
  expect(describeError('text')).toBe('text');
});
