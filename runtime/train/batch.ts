/** @file A micro-batch as the graphs take it: tokens in one flat list, tiles for attention, labelled rows for the head. */
import type { DecoderSpec } from '../model/decoder.ts';
import { headCountsOf, headMark } from '../model/layerSpec.ts';
import type { HeadCounts } from '../model/layerSpec.ts';
import { inputOf, names } from '../model/segmentBuilder.ts';
import { windowsOf } from '../model/segments.ts';
import type { Sizes } from '../graph/sizes.ts';
import { hostTensor } from '../ort/session.ts';
import type { Tensor } from '../ort/session.ts';
import { causalMask, layoutRows } from './layout.ts';
import { mixBits } from './random.ts';
import type { Layout, Plan } from './layout.ts';

/** One row: mask[i] = 1 where token i is a target of the loss, predicted from the tokens before it. */
export interface TokenRow {
  readonly ids: Uint32Array;
  readonly mask: Uint8Array;
  /** Decides what dropout drops in this row; its place in the batch doesn't. */
  readonly key?: number;
  /** 1 for tokens of the second text: of a pair that is classified, or what an encoder-decoder writes about the first. */
  readonly second?: Uint8Array;
  /** The class of a row that is classified, whose mask is all zeros. */
  readonly label?: number;
  /** Tokens of the row itself where it was padded to a longer one. */
  readonly valid?: number;
  /** LoRAMoE's kind of sample: 1 for knowledge, 0 for other tasks. */
  readonly taskType?: 0 | 1;
}

export interface Batch {
  readonly layout: Layout;
  readonly sizes: Sizes;
  /** Graph inputs that are equal for all segments. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** For each labelled position: flat token whose output predicts it, the label, and the row it belongs to. */
  readonly labelled: {
    readonly tokens: BigInt64Array;
    readonly labels: BigInt64Array;
    readonly rows: Int32Array;
  };
  /** Flat tokens whose outputs say something: all of them, a classified row's first one, or those of the text that is written. */
  readonly outputs: BigInt64Array;
}

/** Index arrays, masks and positions of a micro-batch; linear in its tokens. */
export function prepareBatch(rows: readonly TokenRow[], spec: DecoderSpec, plan?: Plan): Batch {
  const lengths = rows.map(({ ids }) => ids.length);
  const layout = layoutRows(lengths, spec.heads, spec.kvHeads, plan);
  const { tokens, groups } = layout;
  const sizes: Record<string, number> = { tokens, rows: rows.length };
  const ids = new BigInt64Array(tokens);
  rows.forEach((row, r) => {
    for (let i = 0; i < row.ids.length; i++) ids[layout.starts[r]! + i] = BigInt(row.ids[i]!);
  });
  const feeds: Record<string, Tensor> = {
    ids: hostTensor(ids, [tokens]),
    positions: hostTensor(layout.positions, [tokens, 1]),
    ...tokenFeeds(rows, layout),
  };
  groups.forEach((group, g) => {
    const { tiles, queryCount, keyCount } = group;
    Object.assign(sizes, { [`tiles${g}`]: tiles, [`queries${g}`]: queryCount, [`keys${g}`]: keyCount });
    for (const window of windowsOf(spec))
      feeds[`group${g}.mask${window ?? ''}`] = hostTensor(causalMask(group, window), [
        1,
        1,
        queryCount,
        keyCount,
      ]);
  });
  // layers of a pruned base have head counts of their own, the tiles are the same
  for (const counts of headCountsOf(spec)) {
    const own =
      headMark(spec, counts) === '' ? layout : layoutRows(lengths, counts.heads, counts.kvHeads, plan);
    Object.assign(feeds, tileFeeds(own, counts, headMark(spec, counts)));
  }
  const outputs = BigInt64Array.from({ length: tokens - 1 }, (_, i) => BigInt(i));
  return { layout, sizes, feeds, labelled: labelledTokens(rows, layout), outputs };
}

/** Which tokens each tile reads, for one choice of head counts. */
function tileFeeds(
  { tokens, slots, groups }: Layout,
  { heads, kvHeads }: HeadCounts,
  mark: string,
): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = { [`slots${mark}`]: hostTensor(slots, [slots.length]) };
  groups.forEach(({ tiles, queryCount, keyCount, ...group }, g) => {
    const prefix = `group${g}${mark}.`;
    feeds[`${prefix}queries`] = hostTensor(group.queries, [tiles, heads, queryCount]);
    feeds[`${prefix}keys`] = hostTensor(group.keys, [tiles, kvHeads, keyCount]);
    feeds[`${prefix}querySlots`] = hostTensor(group.querySlots, [tokens * heads]);
    feeds[`${prefix}keySlots`] = hostTensor(group.keySlots, [tokens * kvHeads]);
    feeds[`${prefix}rows`] = hostTensor(group.rows, [group.rows.length]);
    if (group.queryValid) feeds[`${prefix}queryValid`] = hostTensor(group.queryValid, [tokens * heads, 1]);
    if (group.keyValid) feeds[`${prefix}keyValid`] = hostTensor(group.keyValid, [tokens * kvHeads, 1]);
  });
  return feeds;
}

/**
 * Keys of dropout for all tokens or those of one text (`of`, the name of their number), which row each belongs to and its share of it,
 * for methods that look at whole rows.
 */
export function tokenFeeds(
  rows: readonly Pick<TokenRow, 'ids' | 'key' | 'valid' | 'taskType'>[],
  place: Pick<Layout, 'tokens' | 'starts'>,
  of = 'tokens',
): Record<string, Tensor> {
  const { tokens, starts } = place;
  // the token that pads counts for row 0 with a share of nothing
  const ids = new BigInt64Array(tokens);
  const shares = new Float32Array(tokens);
  const present = new Float32Array(tokens);
  rows.forEach(({ ids: { length }, valid = length }, row) => {
    const start = starts[row]!;
    ids.fill(BigInt(row), start, start + length);
    shares.fill(1 / valid, start, start + valid);
    present.fill(1, start, start + length);
  });
  const signs = Float32Array.from(rows, ({ taskType }) => (taskType === undefined ? 0 : 2 * taskType - 1));
  return {
    [inputOf(names.tokenKeys, of)]: hostTensor(tokenKeys(rows, place), [tokens, 1]),
    [inputOf(names.rowIds, of)]: hostTensor(ids, [tokens]),
    [inputOf(names.tokenShares, of)]: hostTensor(shares, [tokens, 1]),
    [inputOf(names.tokensPresent, of)]: hostTensor(present, [tokens, 1]),
    [names.taskSigns]: hostTensor(signs, [rows.length, 1]),
  };
}

/** A well-mixed number for each token from its row's key and its position, for dropout. */
function tokenKeys(
  rows: readonly Pick<TokenRow, 'ids' | 'key'>[],
  layout: Pick<Layout, 'tokens' | 'starts'>,
): Int32Array {
  const keys = new Int32Array(layout.tokens);
  rows.forEach(({ ids, key = 0 }, row) => {
    for (let p = 0; p < ids.length; p++)
      keys[layout.starts[row]! + p] = mixBits(key + Math.imul(p, 0x9e3779b1));
  });
  return keys;
}

function labelledTokens(rows: readonly TokenRow[], layout: Layout): Batch['labelled'] {
  const total = rows.reduce((sum, { mask }) => sum + mask.subarray(1).reduce((n, bit) => n + bit, 0), 0);
  const tokens = new BigInt64Array(total);
  const labels = new BigInt64Array(total);
  const owners = new Int32Array(total);
  let next = 0;
  rows.forEach(({ ids, mask }, r) => {
    for (let i = 1; i < ids.length; i++) {
      if (mask[i] !== 1) continue;
      tokens[next] = BigInt(layout.starts[r]! + i - 1);
      labels[next] = BigInt(ids[i]!);
      owners[next++] = r;
    }
  });
  return { tokens, labels, rows: owners };
}

/** Cosine and sine of each position's angles, [positions, rotated / 2], for every rope of the model. */
export function ropeTables(spec: DecoderSpec, positions: number): { cos: Tensor; sin: Tensor }[] {
  return spec.ropes.map(({ inverseFrequencies, attentionFactor }) => {
    const half = inverseFrequencies.length;
    const cos = new Float32Array(positions * half);
    const sin = new Float32Array(positions * half);
    for (let p = 0; p < positions; p++)
      for (let i = 0; i < half; i++) {
        // in single precision, as the models were trained
        const angle = Math.fround(p * Math.fround(inverseFrequencies[i]!));
        cos[p * half + i] = Math.cos(angle) * attentionFactor;
        sin[p * half + i] = Math.sin(angle) * attentionFactor;
      }
    return { cos: hostTensor(cos, [positions, half]), sin: hostTensor(sin, [positions, half]) };
  });
}

/** A batch's labelled tokens in parts of at most so many, as the head takes them: where a part starts, its sizes and feeds. */
export function labelledChunks(
  { labelled, sizes }: Batch,
  most: number,
): { start: number; sizes: Sizes; feeds: Record<string, Tensor> }[] {
  const total = labelled.tokens.length;
  return Array.from({ length: Math.ceil(total / most) }, (_, i) => {
    const start = i * most;
    const end = Math.min(total, start + most);
    return {
      start,
      sizes: { ...sizes, labelled: end - start },
      feeds: {
        rows: hostTensor(labelled.tokens.subarray(start, end), [end - start]),
        labels: hostTensor(labelled.labels.subarray(start, end), [end - start, 1]),
      },
    };
  });
}
