/** @file Bases are opened once, and again when one of their files changes; what can't be read says why each time. */
import { cpSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bases, stampOf } from '../../../runtime/config/bases.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = join(temporaryFolder(), 'base');
cpSync(join(root, 'media/base/tiny-clerk'), folder, { recursive: true });

test('the same answer while nothing changes, another one after a file was written', () => {
  const bases = new Bases();
  const first = bases.open(folder);
  expect(first).not.toBeInstanceOf(UserError);
  expect(bases.open(folder)).toBe(first);
  utimesSync(join(folder, 'config.json'), 1, 1);
  const second = bases.open(folder);
  expect(second).not.toBe(first);
  writeFileSync(join(folder, 'config.json'), '{ "model_type": "none" }');
  expect(bases.open(folder)).toMatchObject({ code: 'architecture-unsupported' });
});

test('a module has as many numbers as its tensors', () => {
  const base = new Bases().open(join(root, 'media/base/tiny-clerk'));
  if (base instanceof UserError) throw base;
  const { sizes, modules } = base.shape;
  expect(sizes.get('model.embed_tokens')).toBe(2048 * 192);
  // tied: the head is trained as a tensor of its own
  expect(sizes.get('lm_head')).toBe(2048 * 192);
  expect(sizes.get('model.norm')).toBe(192);
  expect(sizes.get('model.layers.0.self_attn.k_proj')).toBe(64 * 192);
  expect(modules).toEqual([...sizes.keys()]);
});

test('what is not there has a stamp of its own', () => {
  expect(stampOf(join(folder, 'none'))).toBe('none');
  expect(stampOf(join(folder, 'config.json'))).not.toBe('none');
});
