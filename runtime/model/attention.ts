/**
 * @file Attention on a flat list of tokens: each document is cut into tiles of queries, tiles of one size attend together.
 * Linears never see padding, and scores are computed only for keys that a tile's queries can see (plus rounding).
 */
import { productDim } from '../graph/ir.ts';
import type { Dim, Value } from '../graph/ir.ts';
import type { GraphBuilder } from '../graph/ops.ts';
import type { DecoderSpec, LayerKind } from './decoder.ts';
import { headMark, layerSpec } from './layerSpec.ts';

/** Graph inputs that tell one group of tiles which tokens are its queries and keys. Sizes: N tiles, Q queries, K keys. */
export interface TileGroup {
  readonly sizes: TileSizes;
  /** Row of the flat [tokens * heads, size] queries for each slot, int32 [N, heads, Q]. */
  readonly queries: Value;
  /** Row of the flat [tokens * kvHeads, size] keys, int32 [N, kvHeads, K]. */
  readonly keys: Value;
  /** For each flat query row its slot in `queries` or any slot of a padded query, int32 [tokens * heads]. */
  readonly querySlots: Value;
  readonly keySlots: Value;
  /** 1 where the group reads that flat row, float32 [tokens * heads, 1]; absent when it reads them all. */
  readonly queryValid?: Value;
  readonly keyValid?: Value;
  /** 0 where a query sees the key, a large negative number elsewhere, float32 [1 or N, 1, 1 or Q, K], by window. */
  readonly masks: ReadonlyMap<number | undefined, Value>;
}

/** Tiles, queries and keys of a tile: names of sizes that each call decides. */
export interface TileSizes {
  readonly tiles: string;
  readonly queries: string;
  readonly keys: string;
}

export interface AttentionInputs {
  /** How many tokens ask, and how many are asked. */
  readonly tokens: { readonly queries: Dim; readonly keys: Dim };
  readonly groups: readonly TileGroup[];
  /** For each flat query row its slot in all groups' slots, one after another, int32 [tokens * heads]. */
  readonly slots: Value;
  /** For each group the flat query row of each slot, int32 [N * heads * Q]. */
  readonly rows: readonly Value[];
}

function sizesOf(g: number): TileSizes {
  return { tiles: `tiles${g}`, queries: `queries${g}`, keys: `keys${g}` };
}

/** Inputs of `count` groups for each layer; layers with head counts of their own have their own, declared when one asks. */
export function layerInputs(
  op: GraphBuilder,
  spec: DecoderSpec,
  count: number,
  windows: readonly (number | undefined)[],
): (layer: LayerKind) => AttentionInputs {
  const other = attentionInputs(op, spec, count, windows);
  const known = new Map([['', other]]);
  return (layer) => {
    const own = layerSpec(spec, layer);
    const mark = headMark(spec, own);
    const inputs = known.get(mark) ?? attentionInputs(op, own, count, windows, { mark, other });
    known.set(mark, inputs);
    return inputs;
  };
}

/**
 * Declares the inputs of `count` groups; `windows` lists the different reaches that the model's layers have. `mark` tells apart the
 * inputs of other head counts, which share the masks of `other`.
 */
export function attentionInputs(
  op: GraphBuilder,
  spec: DecoderSpec,
  count: number,
  windows: readonly (number | undefined)[],
  { mark = '', other }: { readonly mark?: string; readonly other?: AttentionInputs } = {},
): AttentionInputs {
  const queryRows = productDim([spec.heads, 'tokens']);
  const keyRows = productDim([spec.kvHeads, 'tokens']);
  const groups = Array.from({ length: count }, (_, g): TileGroup => {
    const sizes = sizesOf(g);
    const { tiles, queries, keys } = sizes;
    const one = count === 1;
    const prefix = `group${g}${mark}.`;
    return {
      sizes,
      queries: op.input(`${prefix}queries`, 'int32', [tiles, spec.heads, queries]),
      keys: op.input(`${prefix}keys`, 'int32', [tiles, spec.kvHeads, keys]),
      querySlots: op.input(`${prefix}querySlots`, 'int32', [queryRows]),
      keySlots: op.input(`${prefix}keySlots`, 'int32', [keyRows]),
      ...(!one && { queryValid: op.input(`${prefix}queryValid`, 'float32', [queryRows, 1]) }),
      ...(!one && { keyValid: op.input(`${prefix}keyValid`, 'float32', [keyRows, 1]) }),
      masks:
        other?.groups[g]!.masks ??
        new Map(
          windows.map((window) => [
            window,
            op.input(`group${g}.mask${window ?? ''}`, 'float32', [1, 1, queries, keys]),
          ]),
        ),
    };
  });
  return {
    tokens: { queries: 'tokens', keys: 'tokens' },
    groups,
    slots: op.input(`slots${mark}`, 'int32', [queryRows]),
    rows: groups.map((group, g) =>
      op.input(`group${g}${mark}.rows`, 'int32', [productDim(group.queries.shape)]),
    ),
  };
}

/**
 * softmax(scale q kᵀ + mask + bias) v a document, with q [tokens, heads * size], k and v [tokens, kvHeads * size], bias [heads, Q, K].
 * Query heads that share a key head are stacked as further rows of one product, so keys are never repeated.
 */
export function attend(
  op: GraphBuilder,
  spec: DecoderSpec,
  { q, k, v }: { readonly q: Value; readonly k: Value; readonly v: Value },
  inputs: AttentionInputs,
  window: number | undefined,
  bias?: Value,
): Value {
  const { heads, kvHeads, headSize } = spec;
  const { tokens } = inputs;
  const rows = (x: Value, count: number, all: Dim): Value =>
    op.reshape(x, [productDim([count, all]), headSize]);
  const flatQ = rows(q, heads, tokens.queries);
  const flatK = rows(k, kvHeads, tokens.keys);
  const flatV = rows(v, kvHeads, tokens.keys);
  const tables = inputs.groups.map((group) => {
    const { tiles, queries } = group.sizes;
    const tileQ = op.permute(flatQ, group.queries, group.querySlots, group.queryValid);
    const tileK = op.permute(flatK, group.keys, group.keySlots, group.keyValid);
    const tileV = op.permute(flatV, group.keys, group.keySlots, group.keyValid);
    const mask = group.masks.get(window);
    if (!mask) throw new Error(`no mask for window ${window ?? 'none'}`);
    const added = bias ? op.add(mask, bias) : mask;
    const seen = attendTiles(op, spec, { q: tileQ, k: tileK, v: tileV }, added, group.sizes);
    return op.reshape(seen, [productDim([tiles, heads, queries]), headSize]);
  });
  const flat = op.packRows(tables, inputs.slots, inputs.rows);
  return op.reshape(flat, [tokens.queries, heads * headSize]);
}

/**
 * Attention of tiles of equal size: q [tiles, heads, queries, size], k and v [tiles, kvHeads, keys, size], mask broadcast to
 * [tiles, heads, queries, keys] -> [tiles, kvHeads, heads / kvHeads * queries, size], which is [tiles, heads, queries, size] in memory.
 */
export function attendTiles(
  op: GraphBuilder,
  spec: DecoderSpec,
  { q, k, v }: { readonly q: Value; readonly k: Value; readonly v: Value },
  mask: Value,
  { tiles, queries, keys }: { readonly tiles: Dim; readonly queries: Dim; readonly keys: Dim },
): Value {
  const { heads, kvHeads, headSize } = spec;
  const stacked = productDim([heads / kvHeads, queries]);
  let scores = op.matmul(op.reshape(q, [tiles, kvHeads, stacked, headSize]), k, {
    transB: true,
    alpha: spec.attentionScale,
  });
  if (spec.attentionSoftcap !== undefined) {
    const cap = spec.attentionSoftcap;
    scores = op.mul(op.tanh(op.mul(scores, 1 / cap)), cap);
  }
  const weights = op.softmax(op.add(op.reshape(scores, [tiles, heads, queries, keys]), mask));
  return op.matmul(op.reshape(weights, [tiles, kvHeads, stacked, keys]), v);
}
