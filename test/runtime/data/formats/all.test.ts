/** @file The index holds every format in the folder, each under the name that the config uses. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { datasetFormats } from '../../../../runtime/data/formats/all.ts';

const folder = join(import.meta.dirname, '../../../../runtime/data/formats');

test('one line a file', () => {
  const stems = readdirSync(folder)
    .filter((name) => name !== 'all.ts')
    .map((name) => name.replace('.ts', ''));
  const camelCase = (name: string): string =>
    name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  expect(datasetFormats.map(({ name }) => camelCase(name)).sort()).toEqual(stems.sort());
});

test('each can be recognised by some set of fields', () => {
  for (const { required, optional } of datasetFormats) {
    expect(required.length).toBeGreaterThan(0);
    for (const set of required)
      expect(set.filter((field) => optional.includes(field) && field !== 'prompt')).toEqual([]);
  }
});
