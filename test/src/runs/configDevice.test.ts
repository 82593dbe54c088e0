/** @file Whether a config names its device. */
import { expect, test } from 'vitest';
import { namesDevice } from '../../../src/runs/configDevice.ts';

test.each([
  ['{ "base": "x" }', undefined, false],
  ['{ "device": "cpu", // mine\n }', undefined, true],
  ['{ "variants": { "gpu": { "device": "webgpu" } } }', 'gpu', true],
  ['{ "variants": { "gpu": { "device": "webgpu" } } }', 'other', false],
  ['{ "variants": { "gpu": { "device": "webgpu" } } }', undefined, true],
  ['{ "variants": null }', 'constructor', false],
  ['[', undefined, false],
])('%s %s', (text, variant, named) => {
  expect(namesDevice(text, variant)).toBe(named);
});
