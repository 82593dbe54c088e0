/**
 * @file `{"input_ids", "labels"?, "attention_mask"?}`: rows that were tokenised elsewhere, taken as they are. For a base that classifies
 * `label` (or `labels`) is a number, `token_type_ids` may be there; for one that writes about another text `labels` are its targets.
 */
import { describeType, malformed } from '../row.ts';
import type { DatasetFormat, Row } from '../row.ts';
import type { JsonObject } from '../smallFile.ts';

/** The label of a token that isn't trained (PyTorch's `ignore_index`). */
const ignored = -100;
const largestId = 2 ** 31 - 1;

export const tokenised: DatasetFormat = {
  name: 'tokenised',
  required: [['input_ids']],
  optional: ['labels', 'attention_mask', 'token_type_ids'],
  teaches: ['continuation', 'classification', 'seq2seq'],
  fits: ({ input_ids }) => isNumberList(input_ids),
  read(row, teaches) {
    const ids = numbers(row['input_ids'], 'input_ids');
    if (ids.length === 0) throw malformed('has no tokens.');
    if (ids.some((id) => id < 0)) throw malformed('has a negative token id.');
    const length = attended(row['attention_mask'], ids.length);
    if (teaches === 'classification') return classified(row, ids.slice(0, length));
    if (teaches === 'seq2seq') return withTargets(row, ids.slice(0, length));
    return { kind: 'tokens', ids: ids.slice(0, length), mask: targetMask(row, ids, length) };
  },
};

/** Where the labels repeat the ids; the rest is not trained. */
function targetMask(row: JsonObject, ids: readonly number[], length: number): Uint8Array {
  const labels =
    row['labels'] === undefined || row['labels'] === null ? ids : numbers(row['labels'], 'labels');
  if (labels.length !== ids.length)
    throw malformed(`has ${ids.length} input_ids and ${labels.length} labels.`);
  const mask = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    if (labels[i] === ignored) continue;
    if (labels[i] !== ids[i])
      throw malformed(
        `has the label ${labels[i]!} for token ${i}, whose id is ${ids[i]!}.`,
        'Labels are the ids themselves, or -100 where nothing is trained; they are not shifted.',
      );
    mask[i] = 1;
  }
  return mask;
}

/** The class as a number under "label", or under "labels" as transformers' models call it. */
function classified(row: JsonObject, ids: readonly number[]): Row {
  const value = row['label'] ?? row['labels'];
  const label = typeof value === 'bigint' ? Number(value) : value;
  if (typeof label !== 'number' || !Number.isInteger(label) || label < 0 || label > largestId)
    throw malformed(`has "label" that is ${describeType(value)}, not the number of a class.`);
  const types =
    row['token_type_ids'] === undefined ? undefined : numbers(row['token_type_ids'], 'token_type_ids');
  if (types?.slice(0, ids.length).some((type) => type !== 0 && type !== 1) === true)
    throw malformed('has token_type_ids other than 0 and 1.');
  if (types !== undefined && types.length < ids.length)
    throw malformed(`has ${ids.length} input_ids and ${types.length} token_type_ids.`);
  return {
    kind: 'tokens',
    ids,
    mask: new Uint8Array(ids.length),
    label,
    ...(types && { second: Uint8Array.from(types.slice(0, ids.length)) }),
  };
}

/** The targets behind the ids; those that aren't trained (padding) are left out at the end and refused before it. */
function withTargets(row: JsonObject, ids: readonly number[]): Row {
  const labels = numbers(row['labels'], 'labels');
  let end = labels.length;
  while (end > 0 && labels[end - 1] === ignored) end -= 1;
  const targets = labels.slice(0, end);
  if (targets.length === 0) throw malformed('has "labels" without a target.');
  if (targets.some((id) => id < 0))
    throw malformed(
      'has a negative id in "labels" before their end.',
      `Only padding at the end is ${ignored}.`,
    );
  const all = [...ids, ...targets];
  const second = new Uint8Array(all.length).fill(1, ids.length);
  return { kind: 'tokens', ids: all, mask: second.slice(), second };
}

function isNumberList(value: unknown): value is readonly number[] {
  return (Array.isArray(value) || ArrayBuffer.isView(value)) && typeof (value as number[])[0] !== 'string';
}

function numbers(value: unknown, field: string): number[] {
  if (!isNumberList(value))
    throw malformed(`has "${field}" that is ${describeType(value)}, not a list of ids.`);
  return Array.from(value, (entry) => {
    // Parquet gives 64-bit integers as bigint.
    const id = typeof entry === 'bigint' ? Number(entry) : entry;
    if (typeof id !== 'number' || !Number.isInteger(id) || id < ignored || id > largestId)
      throw malformed(`has ${String(entry)} in "${field}", which is no token id.`);
    return id;
  });
}

/** How many tokens stand before the padding; a mask with holes has no meaning here. */
function attended(value: unknown, length: number): number {
  if (value === undefined || value === null) return length;
  const mask = numbers(value, 'attention_mask');
  if (mask.length !== length) throw malformed(`has ${length} input_ids and ${mask.length} attention_mask.`);
  let end = length;
  while (end > 0 && mask[end - 1] === 0) end -= 1;
  if (end === 0) throw malformed('has an attention_mask without a token.');
  if (mask.slice(0, end).some((flag) => flag !== 1))
    throw malformed(
      'has an attention_mask with zeros before its last one.',
      'Pad on the right, or leave the padding out.',
    );
  return end;
}
