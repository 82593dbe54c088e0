/** @file The comparison as a table for other programs (RFC 4180). Pure. */
import type { Comparison } from '../../runtime/contract/api/compare.ts';

/** Quoted where it must be; a text that a spreadsheet would take for a formula gets an apostrophe in front. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) && !/^-?[\d.]+(e-?\d+)?$/i.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

const number = (value: number | undefined): string => (value === undefined ? '' : String(value));

/** Every row, runs as columns; then a row a group with means and half-widths, nothing rounded. */
export function comparisonCsv({ runs, groups, rows }: Comparison): string {
  const measures = ['validation', 'best', 'train', 'seconds'] as const;
  const table: string[][] = [
    ['section', 'name', ...runs.map(({ label }) => label)],
    ...rows.map(({ section, name, values }) => [section, name, ...values]),
    [],
    ['group', 'seeds', ...measures.flatMap((name) => [`${name} mean`, `${name} 95 % half-width`])],
    ...groups.map((group) => [
      group.label,
      String(group.counted.length),
      ...measures.flatMap((name) => [number(group[name]?.mean), number(group[name]?.half)]),
    ]),
  ];
  return table.map((cells) => cells.map(cell).join(',')).join('\r\n') + '\r\n';
}
