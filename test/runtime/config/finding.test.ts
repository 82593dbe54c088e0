/** @file Findings become diagnostics: their place, their fixes as edits, and what belongs to them. */
import { expect, test } from 'vitest';
import { fix, placer } from '../../../runtime/config/finding.ts';
import type { Finding } from '../../../runtime/config/finding.ts';

const text = '{\n  "rnak": 8,\n  "alpha": 4\n}';
const finding: Finding = {
  severity: 'error',
  code: 'c',
  message: 'm',
  at: { offset: 4, length: 6 },
  replacements: ['rank'],
  fixes: [fix('Remove it', { kind: 'remove', at: { offset: 4, length: 6 } })],
  related: [{ message: 'other', at: { offset: 17, length: 7 } }],
};

test('a replacement and a change become edits of the text', () => {
  const { range, fixes, related } = placer(text)(finding);
  expect(range).toEqual({ line: 2, column: 3, offset: 4, length: 6 });
  expect(related).toEqual([{ message: 'other', range: { line: 3, column: 3, offset: 17, length: 7 } }]);
  const results = fixes!.map(({ title, edits: [edit] }) => [
    title,
    text.slice(0, edit!.offset) + edit!.text + text.slice(edit!.offset + edit!.length),
  ]);
  expect(results).toEqual([
    ['Change to "rank"', text.replace('rnak', 'rank')],
    ['Remove it', '{\n  "alpha": 4\n}'],
  ]);
});

test('what was given by --set has a source and nothing to edit', () => {
  expect(placer(text)({ ...finding, at: { set: 'method.rnak=8' } })).toEqual({
    severity: 'error',
    code: 'c',
    message: 'm',
    source: '--set method.rnak=8',
  });
});
