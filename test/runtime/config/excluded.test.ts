/** @file Rows that a config leaves out: what is no row, and what the file doesn't have. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkConfig } from '../../../runtime/config/check.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();

function diagnose(exclude: unknown, lines = 3): { code: string; severity: string; at: string }[] {
  writeFileSync(join(folder, 'rows.jsonl'), '{"text": "a"}\n'.repeat(lines));
  const text = JSON.stringify({ base: '.', data: { train: 'rows.jsonl', exclude } });
  return checkConfig(text, join(folder, 'one.adapter.json'))
    .diagnostics.filter(({ code }) => code !== 'base-missing')
    .map(({ code, severity, range }) => ({
      code,
      severity,
      at: text.slice(range?.offset, (range?.offset ?? 0) + (range?.length ?? 0)),
    }));
}

test('rows and ranges of the file are fine', () => {
  expect(diagnose([1, '2-3'])).toEqual([]);
});

test('what is no row is an error at its place', () => {
  expect(diagnose([1, '3-2'])).toEqual([{ code: 'exclude-malformed', severity: 'error', at: '"3-2"' }]);
});

test('a row behind the end is a warning', () => {
  expect(diagnose(['2-4'])).toEqual([{ code: 'exclude-beyond', severity: 'warning', at: '"2-4"' }]);
});

test('a number below one is refused by its type', () => {
  expect(diagnose([0]).map(({ severity }) => severity)).toContain('error');
});
