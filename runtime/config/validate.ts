/** @file Values against the option list: unknown keys, types, bounds. Knows no single key. */
import { fix } from './finding.ts';
import type { Finding, Report } from './finding.ts';
import type { Located, LocatedEntry, LocatedObject, Origin } from './located.ts';
import { isNull, plainValue } from './located.ts';
import { didYouMean, nearestNames } from './nearest.ts';
import { kindsWith, methodKeys, options } from './options.ts';
import type { Keys, ListOption, NumberOption, OptionSpec } from '../contract/optionSpec.ts';

/** Checks each entry of a section against its keys. `path` names the section in messages. */
export function validateSection(section: LocatedObject, keys: Keys, path: string, report: Report): void {
  for (const [name, entry] of section.entries) {
    const spec = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (spec === undefined) unknownKey(name, entry, { keys, path }, report);
    else if (!isNull(entry.value))
      validateValue(entry.value, spec, path === '' ? name : `${path}.${name}`, report);
  }
}

/** The section without the entries in which a mistake was found: what further checks can still look at. */
export function soundPart(section: LocatedObject, keys: Keys): LocatedObject {
  const entries = new Map<string, LocatedEntry>();
  for (const [name, entry] of section.entries) {
    const spec = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (spec === undefined) continue;
    if (spec.type === 'section' && entry.value.kind === 'object') {
      entries.set(name, { ...entry, value: soundPart(entry.value, spec.keys) });
      continue;
    }
    const mistakes: Finding[] = [];
    if (!isNull(entry.value)) validateValue(entry.value, spec, name, (finding) => mistakes.push(finding));
    if (mistakes.length === 0) entries.set(name, entry);
  }
  return { ...section, entries };
}

/** Reports keys that a section of these options requires and that are absent or null. */
export function requireKeys(section: LocatedObject, keys: Keys, at: Origin, report: Report): void {
  for (const [name, spec] of Object.entries(keys)) {
    const entry = section.entries.get(name);
    if (spec.required !== true || (entry !== undefined && !isNull(entry.value))) continue;
    const message = `"${name}" is missing: ${spec.doc.charAt(0).toLowerCase()}${spec.doc.slice(1)}`;
    // null takes a key away, as in a variant: that is where it went
    report({ severity: 'error', code: 'missing-key', message, at: entry?.value.at ?? at });
  }
}

/** The section of the config that has this key, for one that was written in the wrong place. */
function sectionWith(name: string): string | undefined {
  const sections: Keys = { ...options, method: { ...options.method, keys: methodKeys(undefined) } };
  const found = Object.entries(sections).find(
    ([, spec]) => spec.type === 'section' && Object.hasOwn(spec.keys, name),
  );
  return found?.[0];
}

function unknownKey(
  name: string,
  entry: LocatedEntry,
  { keys, path }: { keys: Keys; path: string },
  report: Report,
): void {
  const section = sectionWith(name);
  if (section !== undefined && section === path) {
    reportOtherKinds(name, entry, report);
    return;
  }
  const near = section === undefined ? nearestNames(name, Object.keys(keys)) : [];
  const where = path === '' ? 'The config' : `"${path}"`;
  const top = Object.hasOwn(options, name) ? 'at the top level of the file' : undefined;
  const belongs = section === undefined ? top : `into "${section}"`;
  const home = section === undefined ? [] : [section];
  report({
    severity: 'error',
    code: 'unknown-key',
    message: `${where} has no key ${JSON.stringify(name.slice(0, 80))}.`,
    at: entry.key,
    fixes: [
      ...(belongs === undefined
        ? []
        : [fix(`Move it ${belongs}`, { kind: 'move', at: entry.key, path: [...home, name] })]),
      fix('Remove it', { kind: 'remove', at: entry.key }),
    ],
    hint:
      belongs === undefined
        ? (didYouMean(near) ?? `Its keys are ${Object.keys(keys).join(', ')}.`)
        : `It belongs ${belongs}.`,
    replacements: near,
  });
}

/** A key of `method` that its kind hasn't. */
function reportOtherKinds(name: string, entry: LocatedEntry, report: Report): void {
  report({
    severity: 'error',
    code: 'unknown-key',
    message: `"method" has no key ${JSON.stringify(name)} with this kind.`,
    at: entry.key,
    hint: `It is a key of ${kindsWith(name)
      .map((kind) => JSON.stringify(kind))
      .join(', ')}.`,
    fixes: [fix('Remove it', { kind: 'remove', at: entry.key })],
  });
}

const jsonType = (value: Located): string => {
  if (value.kind !== 'scalar') return value.kind === 'list' ? 'a list' : 'an object';
  if (value.value === null) return 'null';
  return { string: 'a string', number: 'a number', boolean: 'true or false' }[typeof value.value as 'string'];
};

/** What an option wants, in words. */
function wanted(spec: OptionSpec): string {
  switch (spec.type) {
    case 'string':
      return spec.oneOf === undefined
        ? 'a string'
        : spec.oneOf.map((name) => JSON.stringify(name)).join(', ');
    case 'path':
      return 'a path';
    case 'number':
    case 'integer':
      return numberWords(spec);
    case 'boolean':
      return 'true or false';
    case 'list':
      return spec.length === undefined ? 'a list' : `a list of ${spec.length}`;
    case 'map':
    case 'section':
      return 'an object';
    case 'either':
      return spec.of.map(wanted).join(' or ');
  }
}

function numberWords({ type, minimum, maximum, above, below }: NumberOption): string {
  const bounds = [
    minimum === undefined ? '' : `at least ${minimum}`,
    above === undefined ? '' : `above ${above}`,
    maximum === undefined ? '' : `at most ${maximum}`,
    below === undefined ? '' : `below ${below}`,
  ].filter((bound) => bound !== '');
  return `${type === 'integer' ? 'a whole number' : 'a number'}${bounds.length === 0 ? '' : ` ${bounds.join(' and ')}`}`;
}

const shown = (value: Located): string => {
  const text = JSON.stringify(plainValue(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** Whether the value has the JSON type that the option reads. */
function fits(value: Located, spec: OptionSpec): boolean {
  switch (spec.type) {
    case 'string':
    case 'path':
      return value.kind === 'scalar' && typeof value.value === 'string';
    case 'number':
    case 'integer':
      return value.kind === 'scalar' && typeof value.value === 'number';
    case 'boolean':
      return value.kind === 'scalar' && typeof value.value === 'boolean';
    case 'list':
      return value.kind === 'list';
    case 'map':
    case 'section':
      return value.kind === 'object';
    case 'either':
      return spec.of.some((one) => fits(value, one));
  }
}

function validateValue(value: Located, spec: OptionSpec, path: string, report: Report): void {
  if (!fits(value, spec)) {
    const message = `"${path}" is ${wanted(spec)}; ${shown(value)} is ${jsonType(value)}.`;
    report({ severity: 'error', code: 'wrong-type', message, at: value.at, ...guess(value, spec) });
    return;
  }
  if (spec.type === 'string' || spec.type === 'path')
    validateString(value, spec.type === 'string' ? spec.oneOf : undefined, path, report);
  else if (spec.type === 'number' || spec.type === 'integer') validateNumber(value, spec, path, report);
  else if (spec.type === 'either') validateValue(value, alternative(value, spec.of), path, report);
  else validateContents(value, spec, path, report);
}

/** "none" is one of the fixed words; anything else goes to the next alternative that reads a string. */
function alternative(value: Located, of: readonly OptionSpec[]): OptionSpec {
  const text = value.kind === 'scalar' ? value.value : undefined;
  const fitting = of.filter((one) => fits(value, one));
  const exact = fitting.find((one) => one.type !== 'string' || one.oneOf?.includes(String(text)) !== false);
  return exact ?? fitting[0]!;
}

function validateContents(value: Located, spec: OptionSpec, path: string, report: Report): void {
  if (spec.type === 'list') validateList(value, spec, path, report);
  if (value.kind !== 'object') return;
  if (spec.type === 'section') validateSection(value, spec.keys, path, report);
  if (spec.type === 'map')
    for (const [name, entry] of value.entries)
      if (!isNull(entry.value)) validateValue(entry.value, spec.of, `${path}.${name}`, report);
}

/** A number or a truth in quotes is meant without them. */
function guess(value: Located, spec: OptionSpec): Pick<Finding, 'hint' | 'fixes'> {
  if (value.kind !== 'scalar' || typeof value.value !== 'string') return {};
  const unquoted = value.value.trim();
  const meant =
    spec.type === 'boolean'
      ? /^(true|false)$/.test(unquoted)
      : (spec.type === 'number' || spec.type === 'integer') &&
        unquoted !== '' &&
        Number.isFinite(Number(unquoted));
  if (!meant) return {};
  const plain: unknown = spec.type === 'boolean' ? unquoted === 'true' : Number(unquoted);
  const change = { kind: 'set' as const, at: value.at, value: plain };
  return { hint: `Write ${unquoted} without quotes.`, fixes: [fix('Take the quotes away', change)] };
}

function validateString(
  value: Located,
  oneOf: readonly string[] | undefined,
  path: string,
  report: Report,
): void {
  if (value.kind !== 'scalar' || typeof value.value !== 'string') return;
  const text = value.value;
  if (text.trim() === '' || text.includes('\0')) {
    const message = text.includes('\0') ? `"${path}" holds a zero character.` : `"${path}" is empty.`;
    report({ severity: 'error', code: 'out-of-bounds', message, at: value.at });
  } else if (oneOf !== undefined && !oneOf.includes(text)) {
    const near = nearestNames(text, oneOf);
    report({
      severity: 'error',
      code: 'unknown-value',
      message: `"${path}" has no value ${shown(value)}: it is one of ${oneOf.map((name) => JSON.stringify(name)).join(', ')}.`,
      at: value.at,
      hint: didYouMean(near),
      replacements: near,
    });
  }
}

/** Computing is done in single precision: beyond it a number would be infinite, or 0 where it isn't. */
const fitsSinglePrecision = (x: number): boolean =>
  x === 0 || (Math.abs(x) >= smallestSingle && Math.abs(x) <= largestSingle);
const smallestSingle = 2 ** -126;
const largestSingle = (2 - 2 ** -23) * 2 ** 127;

function validateNumber(value: Located, spec: NumberOption, path: string, report: Report): void {
  if (value.kind !== 'scalar' || typeof value.value !== 'number') return;
  const x = value.value;
  const inside =
    fitsSinglePrecision(x) &&
    (spec.type === 'number' || Number.isSafeInteger(x)) &&
    x >= (spec.minimum ?? -Infinity) &&
    x <= (spec.maximum ?? Infinity) &&
    x > (spec.above ?? -Infinity) &&
    x < (spec.below ?? Infinity);
  if (inside) return;
  const message = `"${path}" is ${numberWords(spec)}; here it is ${x}.`;
  const hint = fitsSinglePrecision(x) ? undefined : 'Single precision holds 1.2e-38 to 3.4e38.';
  const nearest = nearestAllowed(x, spec);
  report({
    severity: 'error',
    code: 'out-of-bounds',
    message,
    at: value.at,
    hint,
    fixes:
      nearest === undefined
        ? []
        : [fix(`Change to ${nearest}`, { kind: 'set', at: value.at, value: nearest })],
  });
}

/** The bound that was passed, or the whole number beside a broken one; undefined where the bound itself is not allowed. */
function nearestAllowed(
  x: number,
  { type, minimum, maximum, above, below }: NumberOption,
): number | undefined {
  if (Number.isNaN(x)) return undefined;
  const whole = type === 'integer' ? Math.round(x) : x;
  const inside = Math.max(minimum ?? -Infinity, Math.min(maximum ?? Infinity, whole));
  const allowed =
    inside > (above ?? -Infinity) && inside < (below ?? Infinity) && fitsSinglePrecision(inside);
  return allowed && Number.isFinite(inside) && inside !== x ? inside : undefined;
}

function validateList(value: Located, spec: ListOption, path: string, report: Report): void {
  if (value.kind !== 'list') return;
  if (spec.length !== undefined && value.items.length !== spec.length) {
    const message = `"${path}" is a list of ${spec.length}; here it has ${value.items.length}.`;
    report({ severity: 'error', code: 'out-of-bounds', message, at: value.at });
  }
  value.items.forEach((item, i) => {
    validateValue(item, spec.of, `${path}[${i}]`, report);
  });
}
