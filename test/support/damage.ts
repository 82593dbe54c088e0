/** @file Seeded damage for readers' tests: bytes flipped, cut and moved, and JSON values replaced by hostile ones. */

/** Numbers from 0 to 1 (mulberry32): the same seed gives the same damage on every machine. */
export type Random = () => number;

export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const below = (next: Random, count: number): number => Math.floor(next() * count);
export const pick = <T>(next: Random, items: readonly T[]): T => items[below(next, items.length)]!;

/** Counts, lengths and offsets that readers trip over. */
export const hostileCounts: readonly bigint[] = [
  0n,
  1n,
  7n,
  255n,
  65_536n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** Damages a copy of `bytes` in one to four places. */
export function mutateBytes(bytes: Buffer, next: Random): Buffer {
  let copy: Buffer = Buffer.from(bytes);
  for (let times = 1 + below(next, 4); times > 0; times--) copy = mutateOnce(copy, next);
  return copy;
}

function mutateOnce(bytes: Buffer, next: Random): Buffer {
  if (bytes.length === 0) return Buffer.of(below(next, 256));
  const at = below(next, bytes.length);
  switch (below(next, 7)) {
    case 0:
      bytes[at] = bytes[at]! ^ (1 << below(next, 8));
      return bytes;
    case 1:
      bytes[at] = below(next, 256);
      return bytes;
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([bytes, Buffer.alloc(1 + below(next, 64), below(next, 256))]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(next, 16))]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at - below(next, at + 1))]);
    default:
      if (at + 8 <= bytes.length) bytes.writeBigUInt64LE(pick(next, hostileCounts), at);
      return bytes;
  }
}

const hostileValues: readonly unknown[] = [
  null,
  true,
  '',
  '0',
  'F32',
  '../x',
  [],
  {},
  [[]],
  -1,
  0,
  1,
  0.5,
  2,
  7,
  1e308,
  2 ** 31,
  2 ** 53,
  Number.MAX_VALUE,
];

/** A copy of a JSON value in which one value, somewhere, is another, missing, doubled or under another name. */
export function mutateJson(value: unknown, next: Random): unknown {
  if (typeof value !== 'object' || value === null || next() < 0.1) {
    if (typeof value === 'number' && next() < 0.5)
      return pick(next, [value + 1, value - 1, value * 2, -value, value * 1e9]);
    return pick(next, hostileValues);
  }
  if (Array.isArray(value)) {
    const items = [...(value as unknown[])];
    const at = below(next, items.length + 1);
    const how = below(next, 4);
    if (how === 0) items.splice(at, 1);
    else if (how === 1) items.splice(at, 0, pick(next, hostileValues));
    else if (at < items.length) items[at] = mutateJson(items[at], next);
    return items;
  }
  const entries: [string, unknown][] = Object.entries(value);
  if (entries.length === 0)
    return { [pick(next, ['a', '', '__proto__', 'constructor'])]: pick(next, hostileValues) };
  const at = below(next, entries.length);
  const [key, old] = entries[at]!;
  const how = below(next, 8);
  if (how === 0) entries.splice(at, 1);
  else if (how === 1) entries[at] = [pick(next, ['', '__proto__', 'constructor', `${key}x`]), old];
  else entries[at] = [key, mutateJson(old, next)];
  return Object.fromEntries(entries);
}
