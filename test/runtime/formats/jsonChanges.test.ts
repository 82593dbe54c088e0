/** @file Keys change, everything else keeps its spelling. */
import { expect, test } from 'vitest';
import { withKeys } from '../../../runtime/formats/jsonChanges.ts';

const text = '{\n  "factor": 1.0,\n  "eps": 1e-06,\n  "dtype": "bfloat16"\n}\n';

test('numbers stay as they are written', () => {
  expect(withKeys(text, { dtype: 'float32' })).toBe(text.replace('bfloat16', 'float32'));
});

test('new keys come at the end, objects and all', () => {
  const changed = withKeys(text, { id2label: { 0: 'no' }, eps: 1 });
  expect(changed).toContain('"factor": 1.0,');
  expect(JSON.parse(changed)).toEqual({ factor: 1, eps: 1, dtype: 'bfloat16', id2label: { 0: 'no' } });
});
