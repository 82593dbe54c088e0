/** @file Tables that fit a terminal: columns as wide as their texts, the widest ones shortened or wrapped where they don't fit. */
import { displayWidth, printable, truncate, wrap } from './terminal.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly align?: 'left' | 'right';
  /** What happens to texts that don't fit: cut with an ellipsis (default), broken into lines, or nothing. */
  readonly overflow?: 'cut' | 'wrap' | 'keep';
}

const gap = '  ';
/** A shortened column keeps this much. */
const narrowest = 8;

/** Widths that fit into `columns`: the widest that may shrink gives first, column by column. */
function fitWidths(natural: readonly number[], columns: readonly Column[], total: number): number[] {
  const widths = [...natural];
  const room = total - gap.length * (widths.length - 1);
  for (let excess = widths.reduce((sum, width) => sum + width, 0) - room; excess > 0; excess--) {
    let widest = -1;
    columns.forEach(({ overflow }, i) => {
      const shrinks = overflow !== 'keep' && widths[i]! > narrowest;
      if (shrinks && (widest < 0 || widths[i]! > widths[widest]!)) widest = i;
    });
    if (widest < 0) break;
    widths[widest]!--;
  }
  return widths;
}

function pad(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? space + text : text + space;
}

/**
 * Lines of a table, a rule under the head; no line is longer than `total` where the columns that keep their width leave that room.
 * Cells are made printable.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  total = 80,
): string[] {
  const cells = rows.map((row) => columns.map((_, i) => printable(row[i] ?? '')));
  const natural = columns.map(({ title }, i) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[i]!))),
  );
  const widths = fitWidths(natural, columns, total);
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => pad(text, widths[i]!, columns[i]!.align))
      .join(gap)
      .trimEnd();
  const layOut = (row: readonly string[]): string[] => {
    const parts = row.map((text, i) => fitCell(text, widths[i]!, columns[i]!));
    const height = Math.max(...parts.map(({ length }) => length));
    return Array.from({ length: height }, (_, at) => line(parts.map((part) => part[at] ?? '')));
  };
  return [
    ...layOut(columns.map(({ title }) => title)),
    widths.map((width) => '─'.repeat(width)).join(gap),
    ...cells.flatMap(layOut),
  ];
}

function fitCell(text: string, width: number, { overflow }: Column): string[] {
  if (overflow === 'wrap') return wrap(text, width);
  return [overflow === 'keep' ? text : truncate(text, width)];
}

/** `name   value` lines, the names in a column of their own; values wrap beside them. */
export function renderFacts(
  facts: readonly (readonly [name: string, value: string])[],
  total = 80,
): string[] {
  const width = Math.max(0, ...facts.map(([name]) => displayWidth(name)));
  return facts.flatMap(([name, value]) => {
    const lines = wrap(printable(value), Math.max(narrowest, total - width - gap.length));
    return lines.map((text, i) => `${pad(i === 0 ? name : '', width, 'left')}${gap}${text}`.trimEnd());
  });
}
