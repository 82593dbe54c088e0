/** @file The quick start's folder: complete, checked by our own rules, and never overwritten. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkAllVariants, checkConfig } from '../../../runtime/config/check.ts';
import { prepareQuickstart, quickstartConfig } from '../../../runtime/pipelines/quickstart.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const textOf = (...path: string[]): string => readFileSync(join(...path), 'utf8');

it('makes a folder with base, data and a config that has no fault', () => {
  const folder = join(scratch, 'new', 'deep');
  const file = prepareQuickstart(folder);
  expect(file).toBe(join(folder, quickstartConfig));
  expect(checkAllVariants(textOf(file), file).diagnostics).toEqual([]);
  const { config } = checkConfig(textOf(file), file);
  expect(config!.base).toBe(join(folder, 'tiny-clerk'));
  for (const path of [config!.base, config!.data.train, config!.data.validation as string])
    expect(existsSync(path), path).toBe(true);
  expect(textOf(folder, 'tickets', 'test.jsonl')).toBe(textOf(root, 'media/data/tickets/test.jsonl'));
});

it('keeps what is there and brings back what is missing', () => {
  const folder = join(scratch, 'again');
  const file = prepareQuickstart(folder);
  const data = join(folder, 'tickets', 'train.jsonl');
  writeFileSync(file, '{ "mine": true }');
  writeFileSync(data, 'my rows');
  rmSync(join(folder, 'tickets', 'valid.jsonl'));
  expect(prepareQuickstart(folder)).toBe(file);
  expect([textOf(file), textOf(data)]).toEqual(['{ "mine": true }', 'my rows']);
  expect(existsSync(join(folder, 'tickets', 'valid.jsonl'))).toBe(true);
});

it('says so where a file has the name of the folder', () => {
  const taken = join(scratch, 'taken');
  writeFileSync(taken, '');
  expect(() => prepareQuickstart(taken)).toThrow(/cannot be written/);
});
