/** @file A classifier that the base lacks: as many outputs as classes, always the same small weights. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBase } from '../../../runtime/model/base.ts';
import { withClasses } from '../../../runtime/model/classifier.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { writeBareBert, writeBertBase } from '../../support/textBases.ts';

const scratch = temporaryFolder();
const head = 'classifier.weight';

test('a base without one gets one for its classes, the rest is its own', () => {
  const base = openBase(writeBareBert(join(scratch, 'bare')));
  expect(base.freshHead).toBe(true);
  const three = withClasses(base, ['a', 'b', 'c']);
  expect(three.spec).toMatchObject({ labels: ['a', 'b', 'c'], names: { head: { outputs: 3 } } });
  expect(three.tensors.shape(head)).toEqual([3, 12]);
  const weights = three.tensors.readFloat32(head);
  expect(weights).toEqual(withClasses(base, ['x', 'y', 'z']).tensors.readFloat32(head));
  const deviation = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
  expect(deviation).toBeGreaterThan(0.015);
  expect(deviation).toBeLessThan(0.025);
  expect(new Set(weights).size).toBe(weights.length);
  expect([...three.tensors.readFloat32('classifier.bias', new Float32Array(3).fill(7))]).toEqual([0, 0, 0]);
  expect(three.tensors.storedBytes(head)).toBe(0);
  // norms come under TensorFlow's names there
  const norm = 'bert.embeddings.LayerNorm.weight';
  expect(three.tensors.readFloat32(norm)).toEqual(base.tensors.readFloat32(norm));
  expect(three.tensors.storedBytes(norm)).toBe(48);
  three.tensors.close();
});

test('a base with one keeps it, whatever its classes are called', () => {
  const base = openBase(writeBertBase(join(scratch, 'own')));
  expect(base.freshHead).toBeUndefined();
  const named = withClasses(base, ['no', 'yes']);
  expect(named.spec.labels).toEqual(['no', 'yes']);
  expect(named.tensors).toBe(base.tensors);
  base.tensors.close();
});
