/** @file Values with their places: RFC 7386's own examples, and where merged values say they stand. */
import { expect, test } from 'vitest';
import {
  entryOf,
  isNull,
  keyOriginOf,
  locate,
  mergePatch,
  originOf,
  plainValue,
} from '../../../runtime/config/located.ts';
import type { Located } from '../../../runtime/config/located.ts';

const at = { set: 'test' };

/** Our merge keeps deleting nulls; without them it is the RFC's. */
function withoutNulls(value: Located): unknown {
  if (value.kind !== 'object') return plainValue(value);
  const kept = [...value.entries].filter(([, entry]) => !isNull(entry.value));
  return Object.fromEntries(kept.map(([name, entry]) => [name, withoutNulls(entry.value)]));
}

/** RFC 7386, appendix A: original, patch, result. */
const examples: [unknown, unknown, unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test.each(examples)('merge patch: %j and %j give %j', (target, patch, expected) => {
  expect(withoutNulls(mergePatch(locate(target, at), locate(patch, at)))).toEqual(expected);
});

test('a merged value keeps the place where it was written', () => {
  const [base, patch] = [{ set: 'base' }, { set: 'patch' }];
  const merged = mergePatch(
    locate({ a: { b: 1, c: [1, 2] }, d: 1 }, base),
    locate({ a: { b: 2 }, e: 3 }, patch),
  );
  expect(originOf(merged, ['a', 'b'])).toBe(patch);
  expect(originOf(merged, ['a', 'c', 1])).toBe(base);
  expect(originOf(merged, ['a', 'missing', 'deeper'])).toBe(base);
  expect(originOf(merged, ['d', 'x'])).toBe(base);
  expect([keyOriginOf(merged, ['a', 'b']), keyOriginOf(merged, ['a']), keyOriginOf(merged, ['x'])]).toEqual([
    patch,
    base,
    base,
  ]);
});

test('null stands for an absent key, and no key means anything by itself', () => {
  const value = locate(JSON.parse('{"a":null,"__proto__":{"x":1}}'), at);
  expect(entryOf(value, 'a')).toBeUndefined();
  expect(entryOf(value, 'toString')).toBeUndefined();
  expect(entryOf(undefined, 'a')).toBeUndefined();
  expect(Object.keys(plainValue(value) as object)).toEqual(['a', '__proto__']);
});
