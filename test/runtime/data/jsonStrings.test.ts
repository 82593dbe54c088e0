/** @file Strings of a JSON text: all of them, decoded as JSON.parse does, and each character where it stands. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonScalars, StringPlaces } from '../../../runtime/data/jsonStrings.ts';

/** Strings and numbers of a value with their paths, in the order of its text. */
function flatten(value: unknown, path: (string | number)[] = []): unknown[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'number') return [[path, undefined]];
  if (Array.isArray(value)) return value.flatMap((inner, i) => flatten(inner, [...path, i]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, [...path, key]));
}

test('any value, however it is laid out', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(undefined, 2), (json, indent) => {
      const value = JSON.parse(json) as unknown;
      const text = JSON.stringify(value, null, indent);
      expect(jsonScalars(text).map(({ path, value: decoded }) => [path, decoded])).toEqual(flatten(value));
    }),
  );
});

test('each character is read back from its place', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (value, escapesAll) => {
      const escaped = JSON.stringify(value);
      const units = Array.from({ length: value.length }, (_, i) => value.charCodeAt(i));
      const text = escapesAll
        ? `"${units.map((c) => `\\u${c.toString(16).padStart(4, '0')}`).join('')}"`
        : escaped;
      const [scalar] = jsonScalars(text);
      const places = new StringPlaces(text, scalar!);
      for (let i = 0; i < value.length; i++)
        expect(JSON.parse(`"${text.slice(places.at(i), places.at(i + 1))}"`)).toBe(value[i]);
      expect(places.at(value.length)).toBe(text.length - 1);
    }),
  );
});
