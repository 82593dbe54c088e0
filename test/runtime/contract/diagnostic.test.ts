/** @file Diagnostics as a line of text. */
import { expect, test } from 'vitest';
import { describeDiagnostic, hasErrors } from '../../../runtime/contract/diagnostic.ts';
import type { Diagnostic } from '../../../runtime/contract/diagnostic.ts';

const diagnostic: Diagnostic = { severity: 'warning', code: 'a-code', message: 'It is so.' };

test('place, severity, message, hint and code in the order that terminals make a link of', () => {
  const range = { line: 3, column: 14, offset: 40, length: 2 };
  expect(describeDiagnostic({ ...diagnostic, range, hint: 'Do this.' }, 'a.json')).toBe(
    'a.json:3:14: warning: It is so. Do this. [a-code]',
  );
  expect(describeDiagnostic({ ...diagnostic, source: '--set a=1' }, 'a.json')).toBe(
    '--set a=1: warning: It is so. [a-code]',
  );
  expect(describeDiagnostic(diagnostic, 'a.json')).toBe('a.json: warning: It is so. [a-code]');
});

test('only errors refuse', () => {
  expect(hasErrors([diagnostic])).toBe(false);
  expect(hasErrors([diagnostic, { ...diagnostic, severity: 'error' }])).toBe(true);
});
