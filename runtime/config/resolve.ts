/** @file Parsed text -> the config of one variant: merged, defaults explicit, paths absolute. */
import { existsSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import type { ResolvedConfig } from '../contract/config.ts';
import { downloadedBase, parseHubBase } from '../hub/cache.ts';
import { entryOf, isNull, keyOriginOf, locate, mergePatch, plainValue } from './located.ts';
import type { Located, LocatedObject, Origin } from './located.ts';
import { methodKeys, options } from './options.ts';
import type { KnownMethod } from './options.ts';
import { methods } from '../methods/index.ts';
import type { Keys, OptionSpec } from '../contract/optionSpec.ts';
import type { Report } from './finding.ts';

/** Which config a file stands for: one of its variants, changed by `--set`. */
export interface View {
  readonly variant?: string;
  /** `path=value`, the last word on any key. */
  readonly sets?: readonly string[];
}

/** A `--set` is typed by hand. */
const longestSet = 10_000;

/** Named overrides of the file. What is no object is reported and left out. */
export function variantsOf(root: LocatedObject, report: Report): ReadonlyMap<string, LocatedObject> {
  const found = new Map<string, LocatedObject>();
  const variants = entryOf(root, 'variants');
  if (variants === undefined) return found;
  const refuse = (at: typeof variants.key, message: string): void => {
    report({ severity: 'error', code: 'wrong-type', message, at });
  };
  if (variants.value.kind !== 'object') {
    refuse(variants.value.at, '"variants" is an object: name -> overrides.');
    return found;
  }
  for (const [name, { key, value }] of variants.value.entries) {
    if (!/^\S(.{0,78}\S)?$/u.test(name) || /\p{Cc}/u.test(name))
      refuse(key, 'A variant has a name of 1 to 80 printable characters without blanks around it.');
    else if (value.kind === 'object') found.set(name, value);
    else if (!isNull(value))
      refuse(value.at, `The variant "${name}" is an object with the keys it overrides.`);
  }
  return found;
}

/** Who wrote a value, later ones over earlier: the file's base config (0), a variant (1), a `--set` (2). */
export function layersOf(root: LocatedObject): (at: Origin) => number {
  const variants = entryOf(root, 'variants')?.value.at;
  return (at) => {
    if ('set' in at) return 2;
    if (variants === undefined || 'set' in variants) return 0;
    return at.offset > variants.offset && at.offset < variants.offset + variants.length ? 1 : 0;
  };
}

/** The merged values of a view, `variants` and `$schema` left out. */
export function mergeView(root: LocatedObject, view: View, report: Report): LocatedObject {
  const variants = variantsOf(root, report);
  const entries = new Map(root.entries);
  entries.delete('variants');
  entries.delete('$schema');
  let merged: LocatedObject = { ...root, entries };
  if (view.variant !== undefined) {
    const patch = variants.get(view.variant);
    if (patch === undefined) {
      const names = [...variants.keys()].map((name) => JSON.stringify(name)).join(', ');
      report({
        severity: 'error',
        code: 'unknown-variant',
        message: `The config has no variant ${JSON.stringify(view.variant)}.`,
        at: keyOriginOf(root, ['variants']),
        hint: names === '' ? 'It has no variants.' : `Its variants are ${names}.`,
      });
    } else merged = applyPatch(merged, patch);
  }
  for (const set of view.sets ?? []) {
    const patch = parseSet(set, report);
    if (patch !== undefined) merged = applyPatch(merged, patch);
  }
  return merged;
}

/**
 * Merge Patch (RFC 7386) with one rule beside it: a new `method.kind` inherits only the keys that the new kind declares.
 * `list` has the methods.
 */
export function applyPatch(
  target: LocatedObject,
  patch: LocatedObject,
  list: readonly KnownMethod[] = methods,
): LocatedObject {
  const kind = (of: Located): unknown => {
    const value = entryOf(entryOf(of, 'method')?.value, 'kind')?.value;
    return value === undefined ? undefined : plainValue(value);
  };
  const method = target.entries.get('method');
  const next = kind(patch);
  let start = target;
  if (
    method?.value.kind === 'object' &&
    typeof next === 'string' &&
    next !== (kind(target) ?? options.method.keys.kind.default)
  ) {
    const declared = methodKeys(next, list);
    const kept = [...method.value.entries].filter(([name]) => Object.hasOwn(declared, name));
    const entries = new Map(target.entries);
    entries.set('method', { ...method, value: { ...method.value, entries: new Map(kept) } });
    start = { ...target, entries };
  }
  return mergePatch(start, patch) as LocatedObject;
}

/** `training.learningRate=1e-4` as a patch; the value is JSON, or a string where it isn't. */
function parseSet(set: string, report: Report): LocatedObject | undefined {
  const at = { set };
  const equals = set.indexOf('=');
  const path = set.slice(0, Math.max(0, equals)).trim();
  if (equals < 0 || path === '' || set.length > longestSet || /^variants\b/.test(path)) {
    report({
      severity: 'error',
      code: 'bad-set',
      message: 'A --set is path=value with a key of the config as its path.',
      at,
      hint: 'For example: --set training.learningRate=1e-4',
    });
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(set.slice(equals + 1)) as unknown;
  } catch {
    value = set.slice(equals + 1);
  }
  return splitPath(path).reduceRight<Located>(
    (inner, name) => ({ kind: 'object', entries: new Map([[name, { key: at, value: inner }]]), at }),
    locate(value, at),
  ) as LocatedObject;
}

/** Dots separate keys; inside a map (rankPattern, columns) the rest is one key. */
function splitPath(path: string): string[] {
  const names = path.split('.');
  const [section, key, ...rest] = names;
  const top: Keys = options;
  const spec = section === undefined || !Object.hasOwn(top, section) ? undefined : top[section];
  const keys = section === 'method' ? methodKeys(undefined) : spec?.type === 'section' ? spec.keys : {};
  const isMap = key !== undefined && Object.hasOwn(keys, key) && keys[key]?.type === 'map';
  return isMap && rest.length > 0 ? [section!, key, rest.join('.')] : names;
}

/** The resolved config of merged values that passed the check; `file` is the config's own path. An absent base stays empty. */
export function buildConfig(merged: LocatedObject, file: string): ResolvedConfig {
  const folder = dirname(resolve(file));
  const keys: Keys = { ...options, method: { ...options.method, keys: methodKeysOf(merged) } };
  const built = buildSection(merged, keys, folder) as unknown as ResolvedConfig;
  const base = entryOf(merged, 'base') === undefined ? '' : resolveBase(built.base, folder).base;
  return { ...built, base };
}

/** Keys that this config's `method` may have. */
export function methodKeysOf(merged: LocatedObject): Keys {
  const kind = entryOf(entryOf(merged, 'method')?.value, 'kind')?.value;
  return methodKeys(kind === undefined ? options.method.keys.kind.default : plainValue(kind));
}

function buildSection(section: Located | undefined, keys: Keys, folder: string): Record<string, unknown> {
  const built: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(keys)) {
    const value = entryOf(section, name)?.value;
    const result =
      spec.type === 'section' ? buildSection(value, spec.keys, folder) : buildValue(value, spec, folder);
    if (result !== undefined) built[name] = result;
  }
  return built;
}

function buildValue(value: Located | undefined, spec: OptionSpec, folder: string): unknown {
  const plain = value === undefined ? ('default' in spec ? spec.default : undefined) : plainValue(value);
  if (plain === undefined) return undefined;
  if (spec.type === 'map')
    return Object.fromEntries(
      Object.entries(plain as Record<string, unknown>).filter(([, inner]) => inner !== null),
    );
  return isPath(plain, spec) ? resolve(folder, plain) : plain;
}

/** A string that the option reads as a path: its own type, or the alternative after the fixed words. */
function isPath(value: unknown, spec: OptionSpec): value is string {
  if (typeof value !== 'string') return false;
  if (spec.type === 'either')
    return (
      !spec.of.some((one) => one.type === 'string' && one.oneOf?.includes(value) !== false) &&
      spec.of.some((one) => one.type === 'path')
    );
  return spec.type === 'path';
}

/** Formats that can run any code when read. */
export const pickleEndings: readonly string[] = ['.bin', '.pt', '.pth', '.ckpt', '.pkl', '.pickle'];

/**
 * A path as it stands on disk, or the local copy of `owner/name` or `owner/name/file.gguf`; else a hub id that was not
 * downloaded, as written; else a path that is missing. Nothing is downloaded here.
 */
export function resolveBase(
  base: string,
  folder: string,
): { base: string; kind: 'path' | 'hub' | 'missing' } {
  const path = resolve(folder, base);
  if (existsSync(path)) return { base: path, kind: 'path' };
  const hub = parseHubBase(base);
  const isFile = ['.gguf', '.safetensors', ...pickleEndings].includes(extname(hub?.id ?? '').toLowerCase());
  // a folder of the first name beside the config: a path with a mistake in it
  if (hub === undefined || isFile || existsSync(resolve(folder, base.split('/')[0]!)))
    return { base: path, kind: 'missing' };
  const local = downloadedBase(hub);
  return local === undefined ? { base, kind: 'hub' } : { base: local, kind: 'path' };
}
