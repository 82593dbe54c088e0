/** @file Layouts of micro-batches: every token a query exactly once, keys only of its own document, maps that invert, sizes linear. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { causalMask, layoutRows, planGroups } from '../../../runtime/train/layout.ts';
import type { GroupLayout, Layout, Plan } from '../../../runtime/train/layout.ts';

interface Case {
  readonly lengths: readonly number[];
  readonly heads: number;
  readonly kvHeads: number;
  readonly plan?: Plan;
}

/** Rows of any length, grouped heads, and now and then chunks that the planner would not choose. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    lengths: fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 7 }),
    kvHeads: fc.integer({ min: 1, max: 3 }),
    perKv: fc.integer({ min: 1, max: 3 }),
    chunk: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
  })
  .map(({ lengths, kvHeads, perKv, chunk }) => {
    const longest = Math.max(...lengths);
    // alone, a group must have a slot more than tokens: see `covers every document`
    const plan =
      chunk === undefined || chunk >= longest ? undefined : { chunk, count: Math.ceil(longest / chunk) };
    return { lengths, kvHeads, heads: kvHeads * perKv, ...(plan && { plan }) };
  });

const layoutOf = ({ lengths, heads, kvHeads, plan }: Case): Layout =>
  layoutRows(lengths, heads, kvHeads, plan);

/** Document of each token, the padding token's being -1. */
function documents({ lengths }: Case): Int32Array {
  const owners = lengths.flatMap((length, row) => Array.from({ length }, () => row));
  return Int32Array.from([...owners, -1]);
}

/** Each slot of a group's table as tile, head, index in the tile and the token that it reads. */
function* slotsOf(
  table: Int32Array,
  heads: number,
  count: number,
): Generator<{ tile: number; head: number; index: number; token: number; slot: number }> {
  for (let slot = 0; slot < table.length; slot++) {
    const index = slot % count;
    const head = Math.floor(slot / count) % heads;
    // a row of the flat table is token * heads + head, and a slot of a head reads that head only
    if (table[slot]! % heads !== head)
      throw new Error(`slot ${slot} of head ${head} reads row ${table[slot]!}`);
    yield {
      tile: Math.floor(slot / (count * heads)),
      head,
      index,
      token: Math.floor(table[slot]! / heads),
      slot,
    };
  }
}

const property = (check: (one: Case, layout: Layout) => void): void => {
  fc.assert(
    fc.property(cases, (one) => {
      check(one, layoutOf(one));
    }),
    { numRuns: 60, seed: 11 },
  );
};

/** First query's token of a tile tells its document. */
const documentOf = (group: GroupLayout, tile: number, heads: number, owners: Int32Array): number =>
  owners[Math.floor(group.queries[tile * heads * group.queryCount]! / heads)]!;

describe('a layout', () => {
  test('holds the rows one after another, positions from 0, and one token more', () => {
    const { tokens, starts, positions } = layoutRows([3, 1, 2], 2, 1);
    expect(tokens).toBe(7);
    expect(starts).toEqual([0, 3, 4]);
    expect(Array.from(positions, Number)).toEqual([0, 1, 2, 0, 0, 1, 0]);
  });

  test('reads each token of each head exactly once as a query', () => {
    property((one, { groups, tokens }) => {
      const reads = new Uint32Array(tokens * one.heads);
      for (const { queries } of groups) for (const row of queries) reads[row]!++;
      // all but the padding token's, which any number of slots may read
      expect(reads.subarray(0, (tokens - 1) * one.heads).every((count) => count === 1)).toBe(true);
    });
  });

  test('gives a query the tokens of its own document up to its own, and no others', () => {
    property((one, { groups, starts, tokens }) => {
      const owners = documents(one);
      for (const group of groups) {
        const { keyCount, keys, queries, queryCount, start } = group;
        const mask = causalMask(group, undefined);
        const keyTokens = new Map<number, number>();
        for (const { tile, head, index, token } of slotsOf(keys, one.kvHeads, keyCount)) {
          if (head === 0) keyTokens.set(tile * keyCount + index, token);
          if (token < tokens - 1) expect(owners[token]).toBe(documentOf(group, tile, one.heads, owners));
        }
        for (const { tile, head, index, token } of slotsOf(queries, one.heads, queryCount)) {
          if (head > 0 || token === tokens - 1) continue;
          expect(token - starts[owners[token]!]!).toBe(start + index);
          const seen = Array.from({ length: keyCount }, (_, key) => key)
            .filter((key) => mask[index * keyCount + key] === 0)
            .map((key) => keyTokens.get(tile * keyCount + key)!);
          const wanted = Array.from({ length: start + index + 1 }, (_, p) => starts[owners[token]!]! + p);
          // nothing visible is the padding token: it is never a valid key
          expect(seen).toEqual(wanted);
        }
      }
    });
  });

  test('inverts its own tables', () => {
    property((one, { groups, slots, tokens }) => {
      const all = groups.flatMap(({ rows }) => [...rows]);
      const wrong = Array.from(slots.subarray(0, -one.heads).keys()).filter(
        (row) => all[slots[row]!] !== row,
      );
      for (const group of groups)
        for (const [table, inverse, valid] of [
          [group.queries, group.querySlots, group.queryValid],
          [group.keys, group.keySlots, group.keyValid],
        ] as const)
          for (let row = 0; row < inverse.length; row++) {
            const used = table[inverse[row]!] === row;
            const padding = row >= inverse.length - inverse.length / tokens;
            if (valid ? valid[row] !== (used && !padding ? 1 : 0) : !used) wrong.push(row);
          }
      expect(wrong).toEqual([]);
    });
  });

  test('takes memory in proportion to its tokens', () => {
    const size = (rows: number): number =>
      layoutRows(new Array<number>(rows).fill(40), 4, 2).groups.reduce(
        (sum, { queries, keys, querySlots, keySlots, rows: own }) =>
          sum + queries.length + keys.length + querySlots.length + keySlots.length + own.length,
        0,
      );
    const [one, two, three] = [size(10), size(20), size(30)];
    expect(three - two).toBe(two - one);
    // queries, keys and their inverses of at most 3 groups
    expect(size(100)).toBeLessThan(100 * 40 * 4 * 16);
  });
});

describe('a plan of groups', () => {
  const lengthLists = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 40 });

  test('covers every document with as few groups as its chunk allows', () => {
    fc.assert(
      fc.property(lengthLists, (lengths) => {
        const { chunk, count } = planGroups(lengths);
        const longest = Math.max(...lengths);
        expect(chunk * count).toBeGreaterThanOrEqual(longest);
        expect(chunk * (count - 1)).toBeLessThan(longest);
        expect(chunk % 8).toBe(0);
        // without validity inputs, somebody must read the padding token
        if (count === 1) expect(chunk).toBeGreaterThan(longest);
      }),
      { numRuns: 300, seed: 12 },
    );
  });

  test('keeps short rows in one piece and cuts long ones', () => {
    expect(planGroups([60, 90, 120])).toEqual({ chunk: 128, count: 1 });
    expect(planGroups([512, 480]).count).toBeGreaterThan(1);
    // one long row among short ones: only its own tile pays for the later chunks
    expect(planGroups([512, ...new Array<number>(20).fill(50)]).count).toBe(3);
  });

  test('leaves a document out of groups that begin after its end', () => {
    const { groups } = layoutRows([30, 9, 20], 1, 1, { chunk: 10, count: 3 });
    expect(groups.map(({ tiles }) => tiles)).toEqual([3, 2, 1]);
    expect(groups.map(({ keyCount }) => keyCount)).toEqual([10, 20, 30]);
  });
});

describe('a causal mask', () => {
  const seen = (start: number, queryCount: number, keyCount: number, window?: number): string[] => {
    const mask = causalMask({ start, queryCount, keyCount }, window);
    return Array.from({ length: queryCount }, (_, q) =>
      Array.from(mask.subarray(q * keyCount, (q + 1) * keyCount), (x) => (x === 0 ? 'x' : '.')).join(''),
    );
  };

  test('shows a query all before it and itself', () => {
    expect(seen(0, 4, 4)).toEqual(['x...', 'xx..', 'xxx.', 'xxxx']);
    expect(seen(2, 2, 4)).toEqual(['xxx.', 'xxxx']);
  });

  test('counts the query itself into the window', () => {
    expect(seen(0, 4, 4, 2)).toEqual(['x...', 'xx..', '.xx.', '..xx']);
    expect(seen(2, 2, 4, 1)).toEqual(['..x.', '...x']);
    expect(seen(2, 2, 4, 9)).toEqual(seen(2, 2, 4));
  });

  test('hides so far that the exponential is exactly zero', () => {
    const mask = causalMask({ start: 0, queryCount: 2, keyCount: 2 }, undefined);
    expect(Math.exp(mask[1]! + 1e6)).toBe(0);
    expect(mask.every(Number.isFinite)).toBe(true);
  });
});
