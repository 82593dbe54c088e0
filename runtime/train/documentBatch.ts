/** @file A micro-batch for blocks whose attention spans whole documents (`model/documents.ts`): an encoder's, an encoder-decoder's. */
import type { Task } from '../contract/config.ts';
import type { DecoderSpec, RelativePositions, Stream } from '../model/decoder.ts';
import { documentAttentions, streamInputs } from '../model/documents.ts';
import type { DocumentAttention } from '../model/documents.ts';
import { hostTensor } from '../ort/session.ts';
import type { Tensor } from '../ort/session.ts';
import { tokenFeeds } from './batch.ts';
import type { Batch, TokenRow } from './batch.ts';
import { causalMask, documentGroup, documentsOf, keyMask } from './layout.ts';
import type { Documents, GroupLayout, Layout } from './layout.ts';

/** Feeds and sizes, filled part by part. */
interface Parts {
  readonly feeds: Record<string, Tensor>;
  readonly sizes: Record<string, number>;
}

export function documentBatch(rows: readonly TokenRow[], spec: DecoderSpec, task: Task): Batch {
  return task === 'classification' ? classified(rows, spec) : translated(rows, spec);
}

/** Rows in one flat list; the class is read at each row's first token. */
function classified(rows: readonly TokenRow[], spec: DecoderSpec): Batch {
  const documents = documentsOf(rows.map(({ ids }) => ids.length));
  const { starts, pad } = documents;
  const tokens = pad + 1;
  const columns = {
    ids: new BigInt64Array(tokens),
    types: new BigInt64Array(tokens),
    positions: new BigInt64Array(tokens),
  };
  rows.forEach(({ ids, second }, r) => {
    for (let p = 0; p < ids.length; p++) {
      const at = starts[r]! + p;
      columns.ids[at] = BigInt(ids[p]!);
      columns.types[at] = BigInt(second?.[p] ?? 0);
      columns.positions[at] = BigInt(p);
    }
  });
  const place = { tokens, starts };
  const parts: Parts = {
    sizes: { tokens, rows: rows.length },
    feeds: {
      ids: hostTensor(columns.ids, [tokens]),
      tokenTypes: hostTensor(columns.types, [tokens]),
      positions: hostTensor(columns.positions, [tokens, 1]),
      ...tokenFeeds(rows, place),
    },
  };
  const group = addAttention(parts, spec, documentAttentions.all, documents, documents);
  const labelled = rows.flatMap(({ label }, row) => (label === undefined ? [] : [{ row, label }]));
  return {
    ...parts,
    layout: layoutOf(place, columns.positions, group),
    labelled: {
      tokens: BigInt64Array.from(labelled, ({ row }) => BigInt(starts[row]!)),
      labels: BigInt64Array.from(labelled, ({ label }) => BigInt(label)),
      rows: Int32Array.from(labelled, ({ row }) => row),
    },
    outputs: BigInt64Array.from(starts, BigInt),
  };
}

function layoutOf(
  place: Pick<Layout, 'tokens' | 'starts'>,
  positions: BigInt64Array,
  group: GroupLayout,
): Layout {
  return { ...place, positions, slots: group.querySlots, groups: [group] };
}

/** What one stream reads of a row. */
type StreamRow = Pick<TokenRow, 'ids' | 'key' | 'taskType'>;

/** Where a row's second text begins: behind its last token where it has none. */
export function secondStart({ ids, second }: Pick<TokenRow, 'ids' | 'second'>): number {
  const start = second?.indexOf(1) ?? -1;
  return start < 0 ? ids.length : start;
}

const streamRow = ({ key = 0, taskType }: TokenRow): Omit<StreamRow, 'ids'> => ({
  key,
  ...(taskType !== undefined && { taskType }),
});

/** All sources, then all targets, each target read behind the start token and without its last one. */
function translated(rows: readonly TokenRow[], spec: DecoderSpec): Batch {
  const splits = rows.map(secondStart);
  const texts: Record<Stream, readonly StreamRow[]> = {
    source: rows.map((row, r) => ({ ...streamRow(row), ids: row.ids.subarray(0, splits[r]) })),
    target: rows.map((row, r) => {
      const shifted = Uint32Array.from(row.ids.subarray(splits[r]! - 1, -1));
      if (shifted.length > 0) shifted[0] = spec.startToken ?? 0;
      // another key, or a target's dropout would be that of its source
      const key = Math.imul((row.key ?? 0) ^ 0x5bd1e995, 0x9e3779b1);
      return { ...streamRow(row), ids: shifted, key };
    }),
  };
  const documents = {
    source: documentsOf(texts.source.map(({ ids }) => ids.length)),
    target: documentsOf(texts.target.map(({ ids }) => ids.length)),
  };
  const first = { source: 0, target: documents.source.pad };
  const tokens = documents.source.pad + documents.target.pad + 1;
  const ids = new BigInt64Array(tokens);
  const parts: Parts = { sizes: { tokens, rows: rows.length }, feeds: { ids: hostTensor(ids, [tokens]) } };
  for (const stream of ['source', 'target'] as const) {
    texts[stream].forEach((row, r) => {
      const start = first[stream] + documents[stream].starts[r]!;
      for (let p = 0; p < row.ids.length; p++) ids[start + p] = BigInt(row.ids[p]!);
    });
    addStream(parts, stream, documents[stream], first[stream], tokens);
    const place = { tokens: documents[stream].pad + 1, starts: documents[stream].starts };
    Object.assign(parts.feeds, tokenFeeds(texts[stream], place, `${stream}Tokens`));
    addAttention(parts, spec, documentAttentions[stream], documents[stream], documents[stream]);
    if (spec.relative) addBuckets(parts, stream, spec.relative);
  }
  const group = addAttention(parts, spec, documentAttentions.cross, documents.target, documents.source);
  const starts = documents.target.starts.map((start) => first.target + start);
  return {
    ...parts,
    layout: layoutOf({ tokens, starts }, new BigInt64Array(tokens), group),
    labelled: labelledTargets(rows, splits, starts),
    outputs: BigInt64Array.from({ length: documents.target.pad }, (_, i) => BigInt(first.target + i)),
  };
}

function labelledTargets(
  rows: readonly TokenRow[],
  splits: readonly number[],
  starts: readonly number[],
): Batch['labelled'] {
  const total = rows.reduce(
    (sum, { mask }, r) => sum + mask.subarray(splits[r]).reduce((n, bit) => n + bit, 0),
    0,
  );
  const [tokens, labels] = [new BigInt64Array(total), new BigInt64Array(total)];
  const owners = new Int32Array(total);
  let next = 0;
  rows.forEach(({ ids, mask }, r) => {
    for (let i = splits[r]!; i < ids.length; i++) {
      if (mask[i] !== 1) continue;
      tokens[next] = BigInt(starts[r]! + i - splits[r]!);
      labels[next] = BigInt(ids[i]!);
      owners[next++] = r;
    }
  });
  return { tokens, labels, rows: owners };
}

/** How a stream's rows leave the flat list and come back (`streamInputs`): `first` is its first flat row, `tokens - 1` the one that pads. */
function addStream(
  { feeds, sizes }: Parts,
  stream: Stream,
  { pad }: Documents,
  first: number,
  tokens: number,
): void {
  const names = streamInputs(stream);
  const padding = tokens - 1;
  const own = pad + 1;
  const flat = Int32Array.from({ length: own }, (_, i) => (i < pad ? first + i : padding));
  const inside = (row: number): boolean => row >= first && row < first + pad;
  const places = Int32Array.from({ length: tokens }, (_, row) => (inside(row) ? row - first : pad));
  // rows of the stream, then the flat list itself
  const index = Int32Array.from({ length: tokens }, (_, row) => (inside(row) ? row - first : own + row));
  const others = Int32Array.from({ length: tokens }, (_, row) => (inside(row) ? padding : row));
  sizes[`${stream}Tokens`] = own;
  feeds[names.rows] = hostTensor(flat, [own]);
  feeds[names.places] = hostTensor(places, [tokens]);
  feeds[names.valid] = hostTensor(
    Float32Array.from({ length: tokens }, (_, row) => (inside(row) ? 1 : 0)),
    [tokens, 1],
  );
  feeds[names.index] = hostTensor(index, [tokens]);
  feeds[names.own] = hostTensor(flat, [own]);
  feeds[names.others] = hostTensor(others, [tokens]);
}

/** Feeds of one attention; the tiles that they come from. */
function addAttention(
  { feeds, sizes }: Parts,
  { heads, kvHeads }: DecoderSpec,
  { name, causal }: DocumentAttention,
  asking: Documents,
  asked: Documents,
): GroupLayout {
  const group = documentGroup(asking, asked, heads, kvHeads);
  const { tiles, queryCount, keyCount, queries, keys, querySlots, keySlots, rows } = group;
  Object.assign(sizes, {
    [`${name}Tiles`]: tiles,
    [`${name}Queries`]: queryCount,
    [`${name}Keys`]: keyCount,
  });
  Object.assign(feeds, {
    [`${name}.queries`]: hostTensor(queries, [tiles, heads, queryCount]),
    [`${name}.keys`]: hostTensor(keys, [tiles, kvHeads, keyCount]),
    [`${name}.querySlots`]: hostTensor(querySlots, [querySlots.length]),
    [`${name}.keySlots`]: hostTensor(keySlots, [keySlots.length]),
    [`${name}.slots`]: hostTensor(querySlots, [querySlots.length]),
    [`${name}.rows`]: hostTensor(rows, [rows.length]),
    [`${name}.mask`]: causal
      ? hostTensor(causalMask(group, undefined), [1, 1, queryCount, keyCount])
      : hostTensor(keyMask(asked.lengths, keyCount), [tiles, 1, 1, keyCount]),
  });
  return group;
}

/** The bucket of each pair of positions of a stream, int32 [Q, K]. */
function addBuckets({ feeds, sizes }: Parts, stream: Stream, relative: RelativePositions): void {
  const [queries, keys] = [sizes[`${stream}Queries`]!, sizes[`${stream}Keys`]!];
  const both = stream === 'source';
  const distances = Int32Array.from({ length: queries + keys - 1 }, (_, i) =>
    relativeBucket(i - (queries - 1), relative, both),
  );
  const table = new Int32Array(queries * keys);
  for (let q = 0; q < queries; q++)
    table.set(distances.subarray(queries - 1 - q, queries - 1 - q + keys), q * keys);
  feeds[`${stream}.buckets`] = hostTensor(table, [queries, keys]);
}

const f32 = Math.fround;

/**
 * Bucket of a distance (key's position minus query's), as T5's `_relative_position_bucket` has it: half of them for single steps, the
 * rest grows with the logarithm up to `maxDistance`; with `both` one half of the buckets is for keys behind the query, else those
 * count as distance 0. In single precision, whose rounding decides at the edges.
 */
export function relativeBucket(
  distance: number,
  { buckets, maxDistance }: RelativePositions,
  both: boolean,
): number {
  const count = both ? Math.floor(buckets / 2) : buckets;
  const offset = both && distance > 0 ? count : 0;
  const steps = both ? Math.abs(distance) : Math.max(0, -distance);
  const single = Math.floor(count / 2);
  if (steps < single) return offset + steps;
  const share = f32(f32(Math.log(f32(steps / single))) / f32(Math.log(maxDistance / single)));
  return offset + Math.min(count - 1, single + Math.trunc(f32(share * (count - single))));
}
