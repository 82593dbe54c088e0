/** @file A config's key is found where it is written, else where it would stand. */
import { expect, test } from 'vitest';
import { keyPlace } from '../../../runtime/contract/keyPlace.ts';

const text = `{
  // a comment
  "base": "b",
  "training": { "learningRate": 1e-3, "epochs": 2 },
  "variants": { "hot": { "training": { "learningRate": 1e-2 } } },
}`;
const at = (key: string, variant?: string): string => {
  const { offset, length } = keyPlace(text, key, variant)!;
  return text.slice(offset, offset + length);
};

test.each([
  ['training.learningRate', undefined, '1e-3'],
  ['training.learningRate', 'hot', '1e-2'],
  ['training.epochs', 'hot', '2'],
  ['training.patience', undefined, '{ "learningRate": 1e-3, "epochs": 2 }'],
  ['data.train', undefined, text],
])('%s of %s', (key, variant, found) => {
  expect(at(key, variant)).toBe(found);
});

test('what is no JSON has no place', () => {
  expect(keyPlace('', 'base', undefined)).toBeUndefined();
});
