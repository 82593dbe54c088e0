/** @file JSON lists: elements across chunks, the line each starts in, lists that are none. */
import { describe, expect, test } from 'vitest';
import { failure, read } from './rowsOf.ts';

describe('a JSON list', () => {
  test('elements with the line they start in', async () => {
    expect(await read('a.json', '[\n {"a": "}]\\""},\n\n {"a": [1, {"b": "["}]}\n]\n')).toEqual({
      values: [{ a: '}]"' }, { a: [1, { b: '[' }] }],
      lines: [2, 4],
      notes: [],
    });
    expect((await read('b.json', '\uFEFF []')).values).toEqual([]);
  });

  test('elements across the borders of chunks', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({ i, text: '"é\\'.repeat(i * 29) }));
    const { values } = await read('c.json', JSON.stringify(rows, undefined, 1));
    expect(values).toEqual(rows);
  });

  test('one object a line under the name .json', async () => {
    expect((await read('d.json', '{"a":1}\n{"a":2}\n')).values).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test.each([
    ['[{"a":1}', 1],
    ['[{"a":1}\n{"a":2}]', 2],
    ['[{"a":1},\n]', 2],
    ['[1]', 1],
    ['[{"a":1}]\n\nx', 3],
    ['[{"a":1', 1],
  ])('%j', async (text, line) => {
    expect(await failure('e.json', text)).toMatchObject({ code: 'not-a-list', place: { line } });
  });

  test('an element that is not JSON', async () => {
    expect(await failure('f.json', '[{},\n{"a" 1}]')).toMatchObject({
      code: 'row-not-json',
      place: { line: 2 },
    });
  });
});
