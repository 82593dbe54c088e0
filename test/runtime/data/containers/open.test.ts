/** @file Which reader takes a file, and which files none takes. */
import { expect, test } from 'vitest';
import { failure, read } from './rowsOf.ts';

test.each(['a.jsonl.gz', 'a.pkl', 'a.bin', 'a.txt'])('%s is not read', async (name) => {
  expect(await failure(name, 'x')).toMatchObject({ code: 'data-unsupported' });
});

test('the first bytes decide where the name says nothing', async () => {
  expect((await read('rows', '  \n{"a":1}\n{"a":2}')).values).toEqual([{ a: 1 }, { a: 2 }]);
  expect((await read('list', '\uFEFF\n[{"a":1}]')).values).toEqual([{ a: 1 }]);
});
