/** @file The first fix of every diagnostic at once, as far as they don't touch the same text. Pure. */
import type { Diagnostic, Fix } from '../../runtime/contract/diagnostic.ts';

type Edit = Fix['edits'][number];

const overlaps = (a: Edit, b: Edit): boolean =>
  a.offset <= b.offset + b.length && b.offset <= a.offset + a.length;

/** In the order of the text; what overlaps an earlier one waits for the next time. */
export function fixAllEdits(diagnostics: readonly Diagnostic[]): Edit[] {
  const chosen: Edit[] = [];
  for (const { fixes } of diagnostics) {
    const edits = fixes?.[0]?.edits ?? [];
    if (edits.every((edit) => !chosen.some((other) => overlaps(edit, other)))) chosen.push(...edits);
  }
  return chosen.sort((a, b) => a.offset - b.offset);
}
