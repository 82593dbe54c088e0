/** @file What a package carries is under a licence that lets it, and its texts go along. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { licenceOf, mayShip, packageFolders } from '../../scripts/licences.mjs';
import { root } from '../support/sourceFiles.ts';

test('a choice needs one licence that may be shipped, a sum needs all', () => {
  expect(mayShip('MIT')).toBe(true);
  expect(mayShip('(MIT OR GPL-3.0-or-later)')).toBe(true);
  expect(mayShip('(Apache-2.0 AND BSD-3-Clause)')).toBe(true);
  expect(mayShip('(MIT AND GPL-3.0-only)')).toBe(false);
  expect(mayShip('GPL-3.0-only')).toBe(false);
  expect(mayShip('undefined')).toBe(false);
});

test('inputs lead to their packages, scoped and nested ones too', () => {
  const inputs = [
    'runtime/main.ts',
    'node_modules/uplot/dist/uPlot.esm.js',
    'node_modules/@huggingface/hub/dist/index.mjs',
    'node_modules/a/node_modules/@b/c/index.js',
  ];
  const folders = packageFolders(inputs);
  expect(folders).toContain('node_modules/uplot');
  expect(folders).toContain('node_modules/@huggingface/hub');
  expect(folders).toContain('node_modules/a/node_modules/@b/c');
  expect(folders).toContain('node_modules/onnxruntime-node');
  expect(folders.every((folder) => folder.startsWith('node_modules/'))).toBe(true);
});

test('a licence comes with its text', () => {
  const text = licenceOf(join(root, 'node_modules/diff'));
  expect(text).toMatch(/^diff 9\.0\.0 \(BSD-3-Clause\)/);
  expect(text).toContain('Redistribution and use in source and binary forms');
});
