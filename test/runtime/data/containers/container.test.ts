/** @file Places and errors that all readers share. */
import { expect, test } from 'vitest';
import { invalidUtf8, placeOf, rowTooLarge } from '../../../../runtime/data/containers/container.ts';

test('a line is a line, a row is said in words', () => {
  expect(placeOf('f', 'line', 3)).toEqual({ file: 'f', line: 3 });
  expect(placeOf('f', 'row', 3)).toEqual({ file: 'f', what: 'row 3' });
});

test('errors say what to do', () => {
  for (const error of [rowTooLarge('f', 2), invalidUtf8('f', 2)])
    expect(error).toMatchObject({ place: { file: 'f', line: 2 }, hint: expect.any(String) as string });
});
