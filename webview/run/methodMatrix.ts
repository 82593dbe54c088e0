/** @file What a method showed of its layers as matrices: a row a linear, a column a block, for any name of a fact. Pure. */
import * as l10n from '@vscode/l10n';
import type { MethodEvent } from '../../runtime/contract/run.ts';

/** A page draws no more; the run's file has all. */
const most = { facts: 12, rows: 40, columns: 160 };

export interface Matrix {
  /** As the run wrote it. */
  readonly name: string;
  /** The step that it is of. */
  readonly step: number;
  /** Linears, by the shortest ending of their paths that tells them apart. */
  readonly rows: readonly string[];
  /** Numbers of blocks; empty for what stands in none. */
  readonly columns: readonly string[];
  /** By row and column; undefined where that layer has no such fact. */
  readonly cells: readonly (readonly (number | undefined)[])[];
  /** What the bars' ends mean, over all steps: zero or less at the bottom. */
  readonly range: readonly [number, number];
  /** Layers that are not drawn. */
  readonly left: number;
}

/** Names of facts in the order in which a run first showed them. */
export function factNames(events: readonly MethodEvent[]): string[] {
  const names = new Set<string>();
  for (const { layers } of events)
    for (const facts of Object.values(layers))
      for (const name of Object.keys(facts)) {
        names.add(name);
        if (names.size >= most.facts) return [...names];
      }
  return [...names];
}

interface Place {
  /** The path without its block's number. */
  readonly linear: string;
  readonly block: string;
}

/** The first number that stands alone behind a name is the block. */
function placeOf(path: string): Place {
  const [whole, before = '', block = '', behind = ''] = /^(.*?[^.])\.(\d+)\.(.*)$/.exec(path) ?? [];
  return whole === undefined ? { linear: path, block: '' } : { linear: `${before}.*.${behind}`, block };
}

/** Each path by as many of its last names as tell it from the others. */
function shortNames(paths: readonly string[]): string[] {
  const ends = (path: string, names: number): string => path.split('.').slice(-names).join('.');
  return paths.map((path) => {
    let names = 1;
    while (
      ends(path, names) !== path &&
      paths.some((other) => other !== path && ends(other, names) === ends(path, names))
    )
      names++;
    return ends(path, names);
  });
}

/** Facts that are shares: their bars end at 1, whatever the numbers. */
const shares = new Set(['kept', 'captured', 'alignment', 'share', 'share0', 'share1']);

/** The smallest and the largest number of this name, zero among them. */
function rangeOf(events: readonly MethodEvent[], name: string): readonly [number, number] {
  let [low, high] = [0, shares.has(name) ? 1 : 0];
  for (const { layers } of events)
    for (const facts of Object.values(layers)) {
      const value = facts[name];
      if (!isNumber(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  return [low, high];
}

/** JSON has null for what is no number. */
const isNumber = (value: number | null | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** The fact as it stood at a step: of the last event up to there that has it. Undefined where none has. */
export function matrixOf(events: readonly MethodEvent[], name: string, step: number): Matrix | undefined {
  const event = events.findLast(
    (one) => one.step <= step && Object.values(one.layers).some((facts) => Object.hasOwn(facts, name)),
  );
  if (event === undefined) return undefined;
  const values = new Map<string, Map<string, number>>();
  const blocks = new Set<string>();
  let count = 0;
  for (const [path, facts] of Object.entries(event.layers)) {
    const value = facts[name];
    if (!isNumber(value)) continue;
    const { linear, block } = placeOf(path);
    const row = values.get(linear) ?? new Map<string, number>();
    values.set(linear, row.set(block, value));
    blocks.add(block);
    count++;
  }
  const columns = [...blocks].sort((a, b) => Number(a === '') - Number(b === '') || Number(a) - Number(b));
  const shown = columns.slice(0, most.columns);
  const rows = [...values.keys()].slice(0, most.rows);
  const cells = rows.map((row) => shown.map((block) => values.get(row)!.get(block)));
  const drawn = cells.reduce((sum, row) => sum + row.filter((cell) => cell !== undefined).length, 0);
  return {
    ...{ name, step: event.step, rows: shortNames(rows), columns: shown, cells },
    range: rangeOf(events, name),
    left: count - drawn,
  };
}

export interface Course {
  readonly steps: readonly number[];
  readonly means: readonly number[];
}

/** The mean over layers at each step that has the fact. */
export function courseOf(events: readonly MethodEvent[], name: string): Course {
  const points = events.flatMap(({ step, layers }) => {
    const values = Object.values(layers)
      .map((facts) => facts[name])
      .filter(isNumber);
    return values.length === 0 ? [] : [[step, values.reduce((a, b) => a + b, 0) / values.length] as const];
  });
  return { steps: points.map(([step]) => step), means: points.map(([, mean]) => mean) };
}

/** How full a cell's bar is, 0 to 1. */
export function filled(value: number, [low, high]: Matrix['range']): number {
  return high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
}

/** A fact's title, and a line on what it means where the page knows it. */
export function factWords(name: string): { readonly title: string; readonly note?: string } {
  switch (name) {
    case 'kept':
      return {
        title: l10n.t('Kept'),
        note: l10n.t("Share of the base's weights that are left while it trains."),
      };
    case 'captured':
      return {
        title: l10n.t('Captured'),
        note: l10n.t('Share of the gradient, or of the first step, that the start values can follow.'),
      };
    case 'gain':
      return {
        title: l10n.t('Gain'),
        note: l10n.t('How many times as long the first step is as that of full fine-tuning.'),
      };
    case 'alignment':
      return {
        title: l10n.t('Alignment'),
        note: l10n.t('Share of the gradient that the trained numbers see.'),
      };
    case 'factorMin':
      return {
        title: l10n.t('Row factor, least'),
        note: l10n.t('The factor of the row that has grown most.'),
      };
    case 'factorMean':
      return {
        title: l10n.t('Row factor, mean'),
        note: l10n.t("What the gradient's rows are multiplied by."),
      };
    case 'factorMax':
      return {
        title: l10n.t('Row factor, largest'),
        note: l10n.t('The factor of the row that has grown least.'),
      };
    case 'share1':
      return {
        title: l10n.t('Routing of rows of type 1'),
        note: l10n.t('Share that the first half of the experts gets.'),
      };
    case 'share':
      return { title: l10n.t('Routing'), note: l10n.t('Share that the first half of the experts gets.') };
    case 'share0':
      return {
        title: l10n.t('Routing of rows of type 0'),
        note: l10n.t('Share that the first half of the experts gets.'),
      };
    case 'balance':
      return { title: l10n.t('Balancing loss'), note: l10n.t('Of each linear, before its weight.') };
    default:
      return { title: name };
  }
}
