/** @file All first fixes at once, none over another. */
import { expect, test } from 'vitest';
import type { Diagnostic } from '../../../runtime/contract/diagnostic.ts';
import { fixAllEdits } from '../../../src/config/fixAll.ts';

const diagnostic = (...fixes: (readonly [offset: number, length: number])[]): Diagnostic => ({
  severity: 'error',
  code: 'x',
  message: 'x',
  fixes: fixes.map(([offset, length]) => ({ title: 'x', edits: [{ offset, length, text: `${offset}` }] })),
});

test('the first of each, in the order of the text', () => {
  const edits = fixAllEdits([diagnostic([20, 2], [0, 1]), diagnostic([4, 3]), diagnostic()]);
  expect(edits.map(({ offset }) => offset)).toEqual([4, 20]);
});

test('what touches an earlier one waits', () => {
  expect(
    fixAllEdits([diagnostic([4, 3]), diagnostic([6, 5]), diagnostic([7, 1])]).map(({ offset }) => offset),
  ).toEqual([4]);
});
