/** @file `{"input_ids", "labels"?, "attention_mask"?}`: rows that were tokenised elsewhere, taken as they are. */
import { describeType, malformed } from '../row.ts';
import type { DatasetFormat } from '../row.ts';

/** The label of a token that isn't trained (PyTorch's `ignore_index`). */
const ignored = -100;
const largestId = 2 ** 31 - 1;

export const tokenised: DatasetFormat = {
  name: 'tokenised',
  required: [['input_ids']],
  optional: ['labels', 'attention_mask'],
  fits: ({ input_ids }) => isNumberList(input_ids),
  read(row) {
    const ids = numbers(row['input_ids'], 'input_ids');
    if (ids.length === 0) throw malformed('has no tokens.');
    if (ids.some((id) => id < 0)) throw malformed('has a negative token id.');
    const length = attended(row['attention_mask'], ids.length);
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
    return { kind: 'tokens', ids: ids.slice(0, length), mask };
  },
};

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
