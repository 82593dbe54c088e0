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

/** The file of a kind: "lora-sb" is defined in loraSb.ts. */
const fileOf = (kind: string): string => kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

test('every method has its line in the index, under its kind', () => {
  expect(defined.length).toBeGreaterThanOrEqual(2);
  expect(methods.map(({ kind }) => fileOf(kind)).sort()).toEqual(defined.sort());
  for (const { title, paper } of methods) {
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
