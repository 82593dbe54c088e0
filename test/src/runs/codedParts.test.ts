/** @file Columns of steps from text. */
import { expect, test } from 'vitest';
import { unflatten } from '../../../runtime/contract/steps.ts';
import { flatParts } from '../../../src/runs/codedParts.ts';

test('a column of each array, read at any place of a pool', () => {
  const base64 = (array: ArrayBufferView): string =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
  const { columns } = flatParts({
    parts: [],
    columns: [
      { array: 'Uint16Array', base64: base64(Uint16Array.of(1, 65_535)) },
      { array: 'Float64Array', base64: base64(Float64Array.of(Math.PI, NaN)) },
    ],
  });
  expect(columns).toEqual([Uint16Array.of(1, 65_535), Float64Array.of(Math.PI, NaN)]);
});

test('a run without steps has nothing to draw', () => {
  expect(unflatten(flatParts({ parts: [], columns: [] }))).toEqual([]);
});
