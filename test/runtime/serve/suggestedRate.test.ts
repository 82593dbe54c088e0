/** @file The learning-rate finder's word for a config, where it has one. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { suggestedRate } from '../../../runtime/serve/suggestedRate.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const output = temporaryFolder();
mkdirSync(join(output, '.find-lr'));
const write = (name: string, text: string): void => {
  writeFileSync(join(output, '.find-lr', `${name}.json`), text);
};

test('the suggestion is read; what is none says nothing', () => {
  write('tickets', '{ "suggestion": 0.003, "config": "abc" }');
  write('text', '{ "suggestion": "0.003" }');
  write('broken', '{');
  const rate = (name: string) => suggestedRate(`/a/${name}.adapter.json`, output);
  expect(rate('tickets')).toBe(0.003);
  expect([rate('text'), rate('broken'), rate('absent')]).toEqual([undefined, undefined, undefined]);
});
