/** @file A diagnostic before its place is a line and a column. */
import type { Diagnostic, Fix, Severity, TextRange } from '../contract/diagnostic.ts';
import { editor } from './edits.ts';
import type { Change, ProposedFix } from './edits.ts';
import type { Origin } from './located.ts';
import { rangeFinder } from './ranges.ts';

export interface Finding {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly at: Origin;
  readonly hint?: string | undefined;
  /** Texts that may stand in the place of the range; quoted as JSON. */
  readonly replacements?: readonly string[];
  /** Other ways to mend it, the best first. */
  readonly fixes?: readonly ProposedFix[];
  readonly related?: readonly { readonly message: string; readonly at: Origin }[];
}

export type Report = (finding: Finding) => void;

/** `Change to "rank"`, and the like: a fix of one change. */
export const fix = (title: string, ...changes: readonly Change[]): ProposedFix => ({ title, changes });

/** Places findings in a text. */
export function placer(text: string): (finding: Finding) => Diagnostic {
  const range = rangeFinder(text);
  const edit = editor(text);
  const inText = (at: Origin): TextRange | undefined =>
    'set' in at ? undefined : range(at.offset, at.length);
  return (finding) => {
    const { severity, code, message, at, hint, replacements = [], related = [] } = finding;
    const common = { severity, code, message, ...(hint === undefined ? {} : { hint }) };
    if ('set' in at) return { ...common, source: `--set ${at.set}` };
    const proposed = [
      ...replacements.map((name) =>
        fix(`Change to ${JSON.stringify(name)}`, { kind: 'set', at, value: name }),
      ),
      ...(finding.fixes ?? []),
    ];
    const fixes = proposed.map(edit).filter((one): one is Fix => one !== undefined);
    const others = related.flatMap((one) => {
      const place = inText(one.at);
      return place === undefined ? [] : [{ message: one.message, range: place }];
    });
    return {
      ...common,
      range: range(at.offset, at.length),
      ...(fixes.length > 0 ? { fixes } : {}),
      ...(others.length > 0 ? { related: others } : {}),
    };
  };
}
