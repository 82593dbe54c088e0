/** @file JSON values that know where they were written: the config's text or a `--set`. Merging keeps each value's place. */

/** In the text, or the words of a `--set`. */
export type Origin = { readonly offset: number; readonly length: number } | { readonly set: string };

export interface LocatedEntry {
  /** Place of the key itself. */
  readonly key: Origin;
  readonly value: Located;
}

export type Located =
  | { readonly kind: 'object'; readonly entries: ReadonlyMap<string, LocatedEntry>; readonly at: Origin }
  | { readonly kind: 'list'; readonly items: readonly Located[]; readonly at: Origin }
  | { readonly kind: 'scalar'; readonly value: string | number | boolean | null; readonly at: Origin };

export type LocatedObject = Located & { kind: 'object' };

export const isNull = (value: Located): boolean => value.kind === 'scalar' && value.value === null;

/** The entry of a key, undefined where it is absent or null (null stands for "as by default"). */
export function entryOf(object: Located | undefined, key: string): LocatedEntry | undefined {
  if (object?.kind !== 'object') return undefined;
  const entry = object.entries.get(key);
  return entry === undefined || isNull(entry.value) ? undefined : entry;
}

/** Where the value at this path stands; the nearest value around it where it is absent. */
export function originOf(root: Located, path: readonly (string | number)[]): Origin {
  let at = root.at;
  let value: Located | undefined = root;
  for (const step of path) {
    if (value.kind === 'object') {
      const entry = value.entries.get(String(step));
      if (entry === undefined) return at;
      // an absent key is reported at the name of the section that lacks it
      at = entry.value.kind === 'object' ? entry.key : entry.value.at;
      value = entry.value;
    } else if (value.kind === 'list' && typeof step === 'number' && step < value.items.length) {
      value = value.items[step]!;
      at = value.at;
    } else return at;
  }
  return at;
}

/** Where the key at this path stands. */
export function keyOriginOf(root: Located, path: readonly string[]): Origin {
  let value: Located | undefined = root;
  let at = root.at;
  for (const step of path) {
    const entry: LocatedEntry | undefined = value.kind === 'object' ? value.entries.get(step) : undefined;
    if (entry === undefined) return at;
    at = entry.key;
    value = entry.value;
  }
  return at;
}

/** JSON Merge Patch (RFC 7386), except that a deleting null stays as a null: readers treat both alike, and unknown keys stay visible. */
export function mergePatch(target: Located | undefined, patch: Located): Located {
  if (patch.kind !== 'object') return patch;
  const entries = new Map(target?.kind === 'object' ? target.entries : []);
  for (const [name, entry] of patch.entries) {
    const before = entries.get(name);
    const value = mergePatch(before?.value, entry.value);
    // a key in both keeps its place in the base where only something inside it changed
    const key = before !== undefined && entry.value.kind === 'object' ? before.key : entry.key;
    entries.set(name, { key, value });
  }
  return { kind: 'object', entries, at: target?.kind === 'object' ? target.at : patch.at };
}

/** The plain value; objects have no prototype, so that no key means anything by itself. */
export function plainValue(value: Located): unknown {
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'list') return value.items.map(plainValue);
  const object = Object.create(null) as Record<string, unknown>;
  for (const [name, entry] of value.entries) object[name] = plainValue(entry.value);
  return object;
}

/** Gives a plain JSON value one origin throughout. */
export function locate(value: unknown, at: Origin): Located {
  if (Array.isArray(value)) return { kind: 'list', items: value.map((item) => locate(item, at)), at };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([name, inner]) => [name, { key: at, value: locate(inner, at) }] as const,
    );
    return { kind: 'object', entries: new Map(entries), at };
  }
  return { kind: 'scalar', value: value as string | number | boolean | null, at };
}
