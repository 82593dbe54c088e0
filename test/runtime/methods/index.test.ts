/** @file The index offers each method under its own kind, and their parameters fit the layer. */
import { expect, test } from 'vitest';
import { catalogue, catalogueOf, methodOf, methods } from '../../../runtime/methods/index.ts';

test.each(methods.map((method) => [method.kind, method] as const))(
  '%s is found by its kind',
  (kind, method) => {
    expect(catalogue[kind]).toBe(method);
    expect(methodOf(kind)).toBe(method);
  },
);

test('kinds differ, and an unknown one is said', () => {
  expect(Object.keys(catalogueOf(methods))).toHaveLength(methods.length);
  expect(() => methodOf('toString')).toThrow('no method is called toString');
});
