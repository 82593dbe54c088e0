/** @file The input of `probe`, read from a safetensors file: ids, and labels in the form that the base's task gives them. */
import { UserError } from '../contract/errors.ts';
import { SafetensorsFile } from '../formats/safetensors.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import type { TokenRow } from '../train/batch.ts';

export interface ProbeInput {
  readonly rows: readonly TokenRow[];
  /** Outputs that a row has room for: tokens, targets, or one class. */
  readonly width: number;
  /** Tokens of the longest row. */
  readonly longest: number;
  readonly labelled: boolean;
}

/** Labels that are not trained, as PyTorch marks them. */
const IGNORED = -100;

/** Tensors of one input file. */
interface Tensors {
  readonly path: string;
  readonly batch: number;
  readonly length: number;
  readonly ids: Int32Array;
  readonly attention: Int32Array | undefined;
  /** Integers of a tensor with this shape (undefined: of any size); undefined where it is absent. */
  readonly ints: (
    name: string,
    shape: readonly (number | undefined)[],
    words: string,
  ) => Int32Array | undefined;
}

/**
 * `input_ids` [B, T], optional `attention_mask` [B, T], and labels: [B, T] equal to the ids or -100 for a decoder; [B] classes for a
 * classifier, which also reads `token_type_ids` [B, T]; [B, T'] for an encoder-decoder, whose targets they are. Integers of any width.
 * Throws `probe-input`.
 */
export function readProbeInput(path: string, spec: DecoderSpec): ProbeInput {
  const file = SafetensorsFile.open(path);
  try {
    const info = file.tensors.get('input_ids');
    if (info?.shape.length !== 2)
      throw inputError(path, 'input_ids', 'must be there with shape [batch, length]');
    const [batch, length] = info.shape as [number, number];
    const ints: Tensors['ints'] = (name, shape, words) => {
      const found = file.tensors.get(name)?.shape;
      if (!found) return undefined;
      const fits =
        found.length === shape.length && shape.every((size, i) => size === undefined || size === found[i]);
      if (!fits) throw inputError(path, name, `must have ${words}`);
      return file.readInts(name);
    };
    const same = `the shape of input_ids, [${batch}, ${length}]`;
    const attention = ints('attention_mask', [batch, length], same);
    const tensors = { path, batch, length, ids: file.readInts('input_ids'), attention, ints };
    const input = read(tensors, spec, same);
    const longest = Math.max(...input.rows.map((row) => row.ids.length));
    if (longest > spec.maxPositions)
      throw inputError(
        path,
        'input_ids',
        `holds a row of ${longest} tokens, the base knows ${spec.maxPositions} positions`,
      );
    return { ...input, longest: length };
  } finally {
    file.close();
  }
}

function read(tensors: Tensors, spec: DecoderSpec, same: string): Omit<ProbeInput, 'longest'> {
  const { batch, length, ints } = tensors;
  const { task } = spec;
  const shape = [batch, length];
  const rowsOf = (one: (row: number, ids: Uint32Array) => TokenRow): TokenRow[] =>
    Array.from({ length: batch }, (_, row) => one(row, readIds(tensors, row, spec.vocab)));
  if (task === undefined) {
    const labels = ints('labels', shape, same);
    const rows = rowsOf((row, ids) => ({ ids, mask: causalMask(tensors, row, ids, labels) }));
    return { rows, width: length, labelled: labels !== undefined };
  }
  if (task === 'classification') {
    const types = ints('token_type_ids', shape, same);
    const labels = ints('labels', [batch], `one class a row, [${batch}]`);
    const rows = rowsOf((row, ids) => classifiedRow(tensors, spec, { row, ids, types, labels }));
    return { rows, width: 1, labelled: labels !== undefined };
  }
  const labels = ints('labels', [batch, undefined], `the shape [${batch}, target length]`);
  if (!labels || labels.length === 0)
    throw inputError(tensors.path, 'labels', 'must be there: the decoder reads them, shifted');
  const width = labels.length / batch;
  const rows = rowsOf((row, ids) =>
    targetRow(tensors, ids, labels.subarray(row * width, (row + 1) * width), spec.vocab),
  );
  return { rows, width, labelled: true };
}

/** Ids of a row up to its padding. */
function readIds({ path, length, ids: all, attention }: Tensors, row: number, vocab: number): Uint32Array {
  const seen = attention?.subarray(row * length, (row + 1) * length);
  const used = seen ? seen.reduce((n, bit) => n + (bit === 0 ? 0 : 1), 0) : length;
  if (used === 0 || seen?.subarray(0, used).includes(0) === true)
    throw inputError(path, 'attention_mask', `must be ones and then zeros; row ${row} isn't`);
  const ids = all.subarray(row * length, row * length + used);
  const bad = ids.find((id) => id < 0 || id >= vocab);
  if (bad !== undefined)
    throw inputError(path, 'input_ids', `holds ${bad} in row ${row}, the base knows ids below ${vocab}`);
  return Uint32Array.from(ids);
}

function causalMask(
  { path, length }: Tensors,
  row: number,
  ids: Uint32Array,
  labels: Int32Array | undefined,
): Uint8Array {
  const mask = new Uint8Array(ids.length);
  if (!labels) return mask;
  for (let i = 1; i < ids.length; i++) {
    const label = labels[row * length + i]!;
    if (label === IGNORED) continue;
    if (label !== ids[i])
      throw inputError(
        path,
        'labels',
        `must equal input_ids or be ${IGNORED}; row ${row}, token ${i} doesn't`,
      );
    mask[i] = 1;
  }
  return mask;
}

interface Classified {
  readonly row: number;
  readonly ids: Uint32Array;
  readonly types: Int32Array | undefined;
  readonly labels: Int32Array | undefined;
}

function classifiedRow(
  { path, length }: Tensors,
  { tokenTypes = 1, names: { head } }: DecoderSpec,
  { row, ids, types: all, labels }: Classified,
): TokenRow {
  const types = all?.subarray(row * length, row * length + ids.length);
  const most = Math.min(tokenTypes, 2);
  const bad = types?.find((type) => type < 0 || type >= most);
  if (bad !== undefined)
    throw inputError(path, 'token_type_ids', `holds ${bad} in row ${row}; types below ${most} are read`);
  const label = labels?.[row];
  if (label !== undefined && (label < 0 || label >= head.outputs))
    throw inputError(
      path,
      'labels',
      `holds ${label} in row ${row}, the base knows classes below ${head.outputs}`,
    );
  return {
    ids,
    mask: new Uint8Array(ids.length),
    ...(types && { second: Uint8Array.from(types) }),
    ...(label !== undefined && { label }),
  };
}

/** Source, then targets; a target that isn't trained is read as the token 0. */
function targetRow({ path }: Tensors, source: Uint32Array, labels: Int32Array, vocab: number): TokenRow {
  const bad = labels.find((id) => id !== IGNORED && (id < 0 || id >= vocab));
  if (bad !== undefined) throw inputError(path, 'labels', `holds ${bad}, the base knows ids below ${vocab}`);
  const ids = new Uint32Array(source.length + labels.length);
  const second = new Uint8Array(ids.length).fill(1, source.length);
  const mask = new Uint8Array(ids.length);
  ids.set(source);
  labels.forEach((label, i) => {
    if (label === IGNORED) return;
    ids[source.length + i] = label;
    mask[source.length + i] = 1;
  });
  return { ids, mask, second };
}

function inputError(file: string, what: string, problem: string): UserError {
  return new UserError('probe-input', `${what} ${problem}.`, { place: { file, what } });
}
