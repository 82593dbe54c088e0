/** @file Masked and aligned weights: read as they were written, and doubted. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { writeSafetensors } from '../../../../runtime/formats/safetensors.ts';
import type { TensorToWrite } from '../../../../runtime/formats/safetensors.ts';
import { pruneByMagnitude } from '../../../../runtime/model/prune/sparseGpt.ts';
import {
  maskedTensor,
  PrunedWeights,
  prunedWeightsFile,
  writePrunedWeights,
} from '../../../../runtime/model/prune/weightsFile.ts';
import { randomNumbers } from '../../../support/evaluate.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const path = join(temporaryFolder(), prunedWeightsFile);

it('reads masked and whole tensors as they were, the masked ones from half the bytes', () => {
  const weight = randomNumbers(64 * 40, 'weight');
  const sparse = pruneByMagnitude(weight, { path: 'a', outputs: 64, inputs: 40 }, { kind: 'semi' });
  const whole = randomNumbers(12, 'whole');
  writePrunedWeights(path, [
    ...maskedTensor('a.weight', sparse),
    { name: 'b.weight', dtype: 'F32', shape: [3, 4], data: whole },
  ]);
  const file = PrunedWeights.open(path);
  expect([file.has('a.weight'), file.has('b.weight'), file.has('c.weight')]).toEqual([true, true, false]);
  expect(file.readFloat32('a.weight', [64, 40])).toEqual(sparse.weight);
  expect(file.readFloat32('a.weight', [64, 40], new Float32Array(64 * 40).fill(9))).toEqual(sparse.weight);
  expect(file.readFloat32('b.weight', [3, 4])).toEqual(whole);
  expect(file.storedBytes('a.weight')).toBe(((64 * 40) / 2) * 4 + (64 * 40) / 8);
  expect(file.storedBytes('b.weight')).toBe(48);
  expect(file.storedBytes('c.weight')).toBe(undefined);
  expect(statSync(path).size).toBeLessThan(64 * 40 * 2.4);
  file.close();
});

it('holds masks whose last byte is not full', () => {
  const sparse = pruneByMagnitude(
    randomNumbers(21, 'odd'),
    { path: 'a', outputs: 3, inputs: 7 },
    { kind: 'unstructured', ratio: 0.4 },
  );
  writePrunedWeights(path, maskedTensor('a', sparse));
  const file = PrunedWeights.open(path);
  expect(file.readFloat32('a', [3, 7])).toEqual(sparse.weight);
  file.close();
});

const u8 = (name: string, ...bytes: number[]): TensorToWrite => ({
  name,
  dtype: 'U8',
  shape: [bytes.length],
  data: Uint8Array.from(bytes),
});
const f32 = (name: string, ...values: number[]): TensorToWrite => ({
  name,
  dtype: 'F32',
  shape: [values.length],
  data: Float32Array.from(values),
});

test.each<[string, TensorToWrite[], string]>([
  ['a mask of another length', [u8('a.kept', 1, 0, 0), f32('a.values', 1)], 'is no mask of 9 weights'],
  ['a mask of another type', [f32('a.kept', 1, 1), f32('a.values', 1)], 'is no mask of 9 weights'],
  ['too few values', [u8('a.kept', 7, 0), f32('a.values', 1)], 'keeps 3 weights and stores 1'],
  ['too many values', [u8('a.kept', 1, 0), f32('a.values', 1, 2)], 'keeps 1 weights and stores 2'],
  ['bits beyond the end', [u8('a.kept', 1, 6), f32('a.values', 1, 2, 3)], 'keeps bits beyond'],
  ['no values', [u8('a.kept', 1, 0)], "holds no tensor 'a.values'"],
  ['what is no number', [u8('a.kept', 1, 0), f32('a.values', Number.NaN)], 'holds NaN at element 0'],
  ['another shape', [f32('a', 1, 2, 3)], 'has the shape [3], not [3, 3]'],
])('refuses %s', (_, tensors, message) => {
  writeSafetensors(path, tensors);
  const file = PrunedWeights.open(path);
  expect(() => file.readFloat32('a', [3, 3])).toThrow(message);
  file.close();
});
