/**
 * @file Where each token of a micro-batch sits: one flat list for linears, tiles for attention.
 * One more token than the rows hold ends the list: padded slots read it, nothing attends to it, so its gradient is exactly zero.
 */

/** Index arrays of one group of tiles (see `TileGroup` in model/attention.ts for their meaning). */
export interface GroupLayout {
  readonly tiles: number;
  readonly queryCount: number;
  readonly keyCount: number;
  /** First position in its document that this group's queries may have. */
  readonly start: number;
  readonly queries: Int32Array;
  readonly keys: Int32Array;
  readonly querySlots: Int32Array;
  readonly keySlots: Int32Array;
  readonly queryValid?: Float32Array;
  readonly keyValid?: Float32Array;
  readonly rows: Int32Array;
}

export interface Layout {
  /** Tokens of all rows plus the one that pads. */
  readonly tokens: number;
  /** First token of each row. */
  readonly starts: readonly number[];
  readonly positions: BigInt64Array;
  readonly slots: Int32Array;
  readonly groups: readonly GroupLayout[];
}

/** Tile sizes are rounded up to this, so that vector units stay full. */
const ROUND = 8;
/** Gathers, masks and adds that one more group costs, as scores a token. */
const GROUP_COST = 64;
const MOST_GROUPS = 3;

const roundUp = (n: number): number => Math.ceil(n / ROUND) * ROUND;

/** `count` groups of query chunks of `chunk` tokens each. */
export interface Plan {
  readonly chunk: number;
  readonly count: number;
}

/** Splits documents into chunks of queries: few groups compute scores that causality throws away, many cost passes. */
export function planGroups(lengths: readonly number[]): Plan {
  const longest = Math.max(...lengths);
  const tokens = lengths.reduce((sum, n) => sum + n, 0);
  let best: Plan = { chunk: roundUp(longest + 1), count: 1 };
  let least = Number.POSITIVE_INFINITY;
  for (let count = 1; count <= MOST_GROUPS; count++) {
    const chunk = count === 1 ? roundUp(longest + 1) : roundUp(longest / count);
    if (count > 1 && chunk * (count - 1) >= longest) continue;
    let cost = count === 1 ? 0 : count * GROUP_COST * tokens;
    for (let g = 0; g < count; g++)
      cost += lengths.filter((n) => n > g * chunk).length * chunk * chunk * (g + 1);
    if (cost < least) [best, least] = [{ chunk, count }, cost];
  }
  return best;
}

/** `lengths` in tokens, each at least 1; throws nothing, allocates linearly in the tokens. */
export function layoutRows(
  lengths: readonly number[],
  heads: number,
  kvHeads: number,
  { chunk, count }: Plan = planGroups(lengths),
): Layout {
  const starts: number[] = [];
  let used = 0;
  for (const length of lengths) {
    starts.push(used);
    used += length;
  }
  const pad = used;
  const tokens = used + 1;
  const positions = new BigInt64Array(tokens);
  lengths.forEach((length, row) => {
    for (let p = 0; p < length; p++) positions[starts[row]! + p] = BigInt(p);
  });
  const slots = new Int32Array(tokens * heads);
  const groups: GroupLayout[] = [];
  let before = 0;
  for (let g = 0; g < count; g++) {
    const group = layoutGroup(lengths, starts, { chunk, index: g, alone: count === 1, pad, heads, kvHeads });
    for (let i = 0; i < group.rows.length; i++)
      if (group.rows[i]! < pad * heads) slots[group.rows[i]!] = before + i;
    before += group.rows.length;
    groups.push(group);
  }
  return { tokens, starts, positions, slots, groups };
}

interface GroupOptions {
  readonly chunk: number;
  readonly index: number;
  readonly alone: boolean;
  readonly pad: number;
  readonly heads: number;
  readonly kvHeads: number;
}

function layoutGroup(
  lengths: readonly number[],
  starts: readonly number[],
  options: GroupOptions,
): GroupLayout {
  const { chunk, index, alone, pad, heads, kvHeads } = options;
  const start = index * chunk;
  const keyCount = start + chunk;
  const members = lengths.flatMap((length, row) => (length > start ? [row] : []));
  const queries = tileRows(members, { first: start, count: chunk, heads, lengths, starts, pad });
  const keys = tileRows(members, { first: 0, count: keyCount, heads: kvHeads, lengths, starts, pad });
  const q = placesOf(queries, pad * heads, heads);
  const k = placesOf(keys, pad * kvHeads, kvHeads);
  return {
    tiles: members.length,
    queryCount: chunk,
    keyCount,
    start,
    queries,
    keys,
    querySlots: q.slots,
    keySlots: k.slots,
    ...(!alone && { queryValid: q.valid, keyValid: k.valid }),
    rows: queries,
  };
}

/** For each of `rows` + `padding` rows a slot of `table` that reads it, and 1 where one does; rows that pad count as unread. */
function placesOf(
  table: Int32Array,
  rows: number,
  padding: number,
): { slots: Int32Array; valid: Float32Array } {
  const slots = new Int32Array(rows + padding);
  const valid = new Float32Array(rows + padding);
  for (let slot = 0; slot < table.length; slot++) {
    const row = table[slot]!;
    slots[row] = slot;
    if (row < rows) valid[row] = 1;
  }
  return { slots, valid };
}

/** Rows of documents in one flat list with a token that pads at its end. */
export interface Documents {
  readonly lengths: readonly number[];
  readonly starts: readonly number[];
  /** The token that pads: how many there are before it. */
  readonly pad: number;
}

/** Documents of these lengths, one behind the other. */
export function documentsOf(lengths: readonly number[]): Documents {
  const starts: number[] = [];
  let pad = 0;
  for (const length of lengths) {
    starts.push(pad);
    pad += length;
  }
  return { lengths, starts, pad };
}

/** Slots of a whole document in its tile: more than the longest has, since each flat row must be read, the one that pads too. */
export const tileWidth = (lengths: readonly number[]): number => roundUp(Math.max(...lengths) + 1);

/** Whole documents as one group of tiles: each asks with its tokens in `asking` and attends to those it has in `asked`. */
export function documentGroup(
  asking: Documents,
  asked: Documents,
  heads: number,
  kvHeads: number,
): GroupLayout {
  const side = ({ lengths, starts, pad }: Documents, rowHeads: number): [number, Int32Array, Int32Array] => {
    const count = tileWidth(lengths);
    const rows = tileRows([...lengths.keys()], { first: 0, count, heads: rowHeads, lengths, starts, pad });
    return [count, rows, placesOf(rows, pad * rowHeads, rowHeads).slots];
  };
  const [queryCount, queries, querySlots] = side(asking, heads);
  const [keyCount, keys, keySlots] = side(asked, kvHeads);
  const tiles = asking.lengths.length;
  return { tiles, queryCount, keyCount, start: 0, queries, keys, querySlots, keySlots, rows: queries };
}

interface TileOptions {
  readonly first: number;
  readonly count: number;
  readonly heads: number;
  readonly lengths: readonly number[];
  readonly starts: readonly number[];
  readonly pad: number;
}

/** Rows of a flat [tokens * heads, size] table for positions first .. first + count of each member, [members, heads, count]. */
function tileRows(members: readonly number[], options: TileOptions): Int32Array {
  const { first, count, heads, lengths, starts, pad } = options;
  const table = new Int32Array(members.length * heads * count);
  let next = 0;
  for (const row of members)
    for (let head = 0; head < heads; head++)
      for (let p = first; p < first + count; p++) {
        const token = p < lengths[row]! ? starts[row]! + p : pad;
        table[next++] = token * heads + head;
      }
  return table;
}

/** Far below any score, so that its exponential is exactly zero. */
const UNSEEN = -1e9;

/** Keys that documents have, [documents * width]: 0 for a token, far below any score behind the last one. */
export function keyMask(lengths: readonly number[], width: number): Float32Array {
  const mask = new Float32Array(lengths.length * width).fill(UNSEEN);
  lengths.forEach((length, row) => mask.fill(0, row * width, row * width + length));
  return mask;
}

/** Causal mask of a group, [queryCount * keyCount]: query p sees keys p - window + 1 .. p. */
export function causalMask(
  group: Pick<GroupLayout, 'start' | 'queryCount' | 'keyCount'>,
  window: number | undefined,
): Float32Array {
  const mask = new Float32Array(group.queryCount * group.keyCount).fill(UNSEEN);
  for (let q = 0; q < group.queryCount; q++) {
    const position = group.start + q;
    const first = window === undefined ? 0 : Math.max(0, position - window + 1);
    mask.fill(0, q * group.keyCount + first, q * group.keyCount + Math.min(position + 1, group.keyCount));
  }
  return mask;
}
