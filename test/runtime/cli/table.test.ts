/** @file Tables that fit. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderFacts, renderTable } from '../../../runtime/cli/table.ts';
import { displayWidth } from '../../../runtime/cli/terminal.ts';

test('columns are as wide as their texts, numbers at the right', () => {
  const lines = renderTable(
    [{ title: 'Name' }, { title: 'Loss', align: 'right' }],
    [
      ['日本', '0.5'],
      ['a', '10.25'],
    ],
  );
  expect(lines).toEqual(['Name   Loss', '────  ─────', '日本    0.5', 'a     10.25']);
});

test('what is too wide is cut, wrapped or kept as the column says', () => {
  const long = 'one two three four five';
  const columns = [
    { title: 'A' },
    { title: 'B', overflow: 'wrap' },
    { title: 'C', overflow: 'keep' },
  ] as const;
  expect(renderTable(columns, [[long, long, 'kept as it is']], 40)).toEqual([
    'A            B             C',
    '───────────  ────────────  ─────────────',
    'one two th…  one two       kept as it is',
    '             three four',
    '             five',
  ]);
});

test('missing cells are empty, control characters and line breaks are gone', () => {
  expect(renderTable([{ title: 'A' }, { title: 'B' }], [['x\ny']])).toEqual(['A    B', '───  ─', 'x y']);
  expect(renderTable([{ title: 'A' }], [])).toEqual(['A', '─']);
});

test('no line is wider than asked for, where the kept columns leave room', () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 60 });
  const columns = [
    { title: 'One' },
    { title: 'Two', overflow: 'wrap' },
    { title: 'Three', align: 'right' },
  ] as const;
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 4 }),
      fc.integer({ min: 40, max: 90 }),
      (rows, width) => {
        for (const line of renderTable(columns, rows, width))
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
      },
    ),
    { seed: 3, numRuns: 200 },
  );
});

test('facts wrap beside their names', () => {
  expect(
    renderFacts(
      [
        ['a', 'one two three'],
        ['long', 'x'],
      ],
      14,
    ),
  ).toEqual(['a     one two', '      three', 'long  x']);
  expect(renderFacts([])).toEqual([]);
});
