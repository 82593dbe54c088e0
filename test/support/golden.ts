/** @file Golden copies of text under test/golden; `UPDATE=1` writes them anew, for a person to read in the diff. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { expect } from 'vitest';

const folder = resolve(import.meta.dirname, '../golden');

/** Fails where `text` differs from the copy called `name`; a copy that lacks is a failure too. */
export function expectGolden(name: string, text: string): void {
  const path = resolve(folder, name);
  if (process.env['UPDATE'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  expect(text).toBe(readFileSync(path, 'utf8').replaceAll('\r\n', '\n'));
}
