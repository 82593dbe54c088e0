/** @file Lints stay at their rows while lines come and go. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Problems } from '../../../src/data/problems.ts';

const lint = { code: 'x', severity: 'warning', message: '', start: 0, end: 1, fixes: [] } as const;

test('each change moves what is behind it', () => {
  const change = fc.record({ first: fc.nat(30), deleted: fc.nat(3), lines: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(fc.array(fc.nat(30), { minLength: 1 }), change, (marked, { first, deleted, lines }) => {
      const problems = new Problems();
      let rows: (string | undefined)[] = Array.from({ length: 40 }, (_, i) =>
        marked.includes(i) ? `row ${i}` : undefined,
      );
      for (const [line, row] of rows.entries())
        if (row !== undefined) problems.set(line, [{ ...lint, message: row }]);
      const last = first + deleted;
      problems.shift({ first, last, lines });
      rows = [
        ...rows.slice(0, first),
        ...Array.from({ length: lines }, () => undefined),
        ...rows.slice(last + 1),
      ];
      for (const [line, row] of rows.entries()) expect(problems.get(line)[0]?.message).toBe(row);
    }),
  );
});

test('in the order of lines; without lints a row is gone', () => {
  const problems = new Problems();
  problems.set(5, [lint]);
  problems.set(2, [lint]);
  expect(problems.all().map(([line]) => line)).toEqual([2, 5]);
  problems.set(5, []);
  problems.replace(new Map([[9, [lint]]]), 3);
  expect([problems.all().map(([line]) => line), problems.more]).toEqual([[9], 3]);
});
