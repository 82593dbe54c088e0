/** @file A config of another tool becomes one of ours: recognised by its keys, each key mapped or named with the reason. */
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import type { ImportedConfig } from '../../contract/api/config.ts';
import { UserError } from '../../contract/errors.ts';
import { axolotl } from './axolotl.ts';
import { llamaFactory } from './llamaFactory.ts';
import type { Mapped, Tool, Values } from './mapping.ts';
import { looksLikeFile, none } from './mapping.ts';
import { peft } from './peft.ts';
import { readForeign } from './readForeign.ts';
import { trl } from './trl.ts';
import { unslothStudio } from './unslothStudio.ts';
import { writeConfig } from './writeConfig.ts';
import type { Entry } from './writeConfig.ts';

/** A new tool is one file and one entry here; the first of equals wins. */
export const tools: readonly Tool[] = [unslothStudio, peft, axolotl, llamaFactory, trl];

/** Fewer words of its own are no sign of a tool. */
const fewestWords = 2;
const pathKeys = new Set(['data.train', 'data.validation', 'data.template', 'method.from', 'output']);

/**
 * `path` is where the text came from; paths in it are taken as beside it, and written as seen from `folder`.
 * Throws `import-unreadable` and `import-unknown`.
 */
export function importConfig(path: string, text: string, folder: string = dirname(path)): ImportedConfig {
  const given = readForeign(path, text);
  const tool = toolOf(given, path);
  const values = tool.flatten?.(given) ?? given;
  const found: Found = { entries: new Map(), mapped: [], unmapped: [] };
  const rebase = (to: string, value: unknown): unknown => rebased(to, value, dirname(resolve(path)), folder);
  for (const [key, value] of Object.entries(values)) {
    // a key without a value is a place that was left empty
    if (value === null) continue;
    for (const one of apply(tool, key, value, values)) note(found, key, one, rebase);
  }
  addSilent(found, tool, values);
  dropEvaluations(found);
  addMissing(found, tool);
  const heading = [
    `Imported from ${tool.name}: ${path.split(/[/\\]/).at(-1)!}.`,
    ...(found.unmapped.length === 0 ? [] : ['Without a counterpart here:']),
    ...found.unmapped.map(({ key, reason }) => `  ${key}: ${reason}`),
  ];
  return {
    tool: tool.name,
    text: writeConfig(found.entries, heading),
    mapped: found.mapped,
    unmapped: found.unmapped,
  };
}

interface Found {
  readonly entries: Map<string, Entry>;
  readonly mapped: { from: string; to: string; note?: string }[];
  readonly unmapped: { key: string; reason: string }[];
}

function toolOf(values: Values, path: string): Tool {
  const [best] = tools
    .map((tool) => ({ tool, words: tool.recognise(values) }))
    .sort((a, b) => b.words - a.words);
  if (best !== undefined && best.words >= fewestWords) return best.tool;
  throw new UserError('import-unknown', 'is no config of a tool that is known here.', {
    place: { file: path },
    hint: `Known are ${tools.map(({ name }) => name).join(', ')}.`,
  });
}

function apply(tool: Tool, key: string, value: unknown, all: Values): readonly Mapped[] {
  const rule = Object.hasOwn(tool.rules, key) ? tool.rules[key] : undefined;
  if (rule === undefined) {
    const family = tool.families.find(([pattern]) => pattern.test(key));
    return [none(family?.[1] ?? `${tool.name}'s "${key}" has no counterpart that is known here.`)];
  }
  const mapped = rule(value, all);
  return Array.isArray(mapped) ? (mapped as readonly Mapped[]) : [mapped as Mapped];
}

function note(
  { entries, mapped, unmapped }: Found,
  key: string,
  one: Mapped,
  rebase: (to: string, value: unknown) => unknown,
): void {
  switch (one.kind) {
    case 'none':
      unmapped.push({ key, reason: one.reason });
      return;
    case 'same':
      mapped.push({ from: key, to: '', note: one.note });
      return;
    case 'set':
      entries.set(one.to, { value: rebase(one.to, one.value), note: one.note });
      mapped.push({ from: key, to: one.to, ...(one.note === undefined ? {} : { note: one.note }) });
  }
}

/** What the tool does where its file is silent: its defaults that are not ours, and what it leaves to a choice. */
function addSilent({ entries, unmapped }: Found, tool: Tool, values: Values): void {
  const says = (key: string): boolean => values[key] !== undefined && values[key] !== null;
  for (const [key, value] of Object.entries(tool.defaults)) {
    if (says(key)) continue;
    for (const one of apply(tool, key, value, { ...tool.defaults, ...values }))
      if (one.kind === 'set' && !entries.has(one.to))
        entries.set(one.to, { value: one.value, note: silentNote(tool, one.note) });
  }
  for (const [key, reason] of Object.entries(tool.unsaid ?? {}))
    if (!says(key)) unmapped.push({ key, reason });
}

const silentNote = (tool: Tool, note: string | undefined): string =>
  `${tool.name}'s default${note === undefined ? '' : `: ${note}`}`;

/** Waiting for evaluations that never come would be refused, and their interval has no effect. */
function dropEvaluations({ entries, mapped, unmapped }: Found): void {
  const off = entries.get('training.evaluateEvery')?.value === 0;
  const validation = entries.get('data.validation')?.value;
  const noRows = (validation ?? 0) === 0;
  const drop = (to: string, what: string): void => {
    if (!entries.delete(to)) return;
    const index = mapped.findIndex((one) => one.to === to);
    // a default of the tool was said by nobody
    if (index < 0) return;
    const [dropped] = mapped.splice(index, 1);
    const why = off ? 'they are off' : 'no rows to evaluate on are named';
    unmapped.push({ key: dropped!.from, reason: `${what}, and ${why}.` });
  };
  if (off || noRows) drop('training.patience', 'it waits for evaluations');
  // where the file is silent on rows, a person may still name some
  if (validation === 0 && !off) drop('training.evaluateEvery', 'it says when to evaluate');
}

/** What each config has to name: places for it, which the check explains. */
function addMissing({ entries, unmapped }: Found, tool: Tool): void {
  if (!entries.has('base')) {
    entries.set('base', { value: 'models/base.gguf', note: `${tool.name}'s file names no base: name one` });
    unmapped.push({ key: 'base', reason: 'the file names no base.' });
  }
  if (!entries.has('data.train')) {
    entries.set('data.train', {
      value: 'data/train.jsonl',
      note: `${tool.name}'s file names no rows: name a file`,
    });
    unmapped.push({ key: 'data.train', reason: 'the file names no training rows.' });
  }
}

function rebased(to: string, value: unknown, from: string, folder: string): unknown {
  if (typeof value !== 'string' || value === 'none') return value;
  const isPath =
    pathKeys.has(to) ||
    (to === 'base' && /^[.]{1,2}[\\/]/.test(value)) ||
    (to === 'base' && looksLikeFile(value));
  if (!isPath || isAbsolute(value)) return value;
  const written = relative(resolve(folder), resolve(from, value)).replaceAll('\\', '/');
  return written === '' ? '.' : written;
}
