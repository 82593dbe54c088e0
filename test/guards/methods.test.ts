/** @file Every adapter method is in the index under its kind and has a test of its own. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { methods } from '../../runtime/methods/index.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'runtime/methods');
/** Files that define a method: what the index and the tests must know. */
const defined = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'method.ts')
  .filter((file) => readFileSync(join(folder, file), 'utf8').includes('defineMethod<'))
  .map((file) => file.replace(/\.ts$/, ''));

test('every method has its line in the index, under its kind', () => {
  expect(defined.length).toBeGreaterThanOrEqual(2);
  expect(Object.keys(methods)).toEqual(defined.sort());
  for (const [name, { kind, title, paper }] of Object.entries(methods)) {
    expect(kind).toBe(name);
    expect(title).not.toBe('');
    expect(paper).toMatch(/^arXiv:\d{4}\.\d{5}$/);
  }
});

test('every method has a test of its own', () => {
  for (const name of defined) {
    const twin = ['test', 'ort.test'].map((kind) => join(root, 'test/runtime/methods', `${name}.${kind}.ts`));
    expect(
      twin.some((path) => existsSync(path)),
      `test/runtime/methods/${name}`,
    ).toBe(true);
  }
});
